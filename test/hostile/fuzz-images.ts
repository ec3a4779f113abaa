// The fuzzer of images, a program of its own so that a hang or a heap that grows ends it and not the test: damages a binary and its core at places that
// matter and at any, asks everything, mends them. `fuzz.mjs` bundles, starts and watches it. Arguments: runs, seed, folder of unpacked images.
// What one damaged image may cost is `hostile` of support/costs.
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { hostile, liveMiB, measured } from '../support/costs.js';
import { DamagedFile } from './damage.js';
import { type Place, type Places, placesOf } from './places.js';
import { askEverything } from './questions.js';

/** Every line that the images are of: a quarter of the runs hides their tables, so that layouts are told from damaged spans. */
const newLines = Array.from({ length: 15 }, (_, i) => `go1.${13 + i}`);

type Value = 'flip' | 'zero' | 'ones' | 'random' | 'huge' | 'small' | 'address' | 'self' | 'plus one' | 'cut';
interface Change {
  /** Of the places; undefined for anywhere in the file. */
  readonly place: number | undefined;
  readonly core: boolean;
  /** In 1/2^32 of the place. */
  readonly at: number;
  readonly value: Value;
  readonly length: number;
  readonly random: number;
}

const word32 = fc.integer({ min: 0, max: 0xffffffff });
const change = fc.record<Change>({
  place: fc.option(fc.nat(1 << 20), { nil: undefined, freq: 8 }),
  core: fc.boolean(),
  at: word32,
  value: fc.oneof(
    {
      weight: 40,
      arbitrary: fc.constantFrom<Value>(
        'flip',
        'zero',
        'ones',
        'random',
        'huge',
        'small',
        'address',
        'self',
        'plus one',
      ),
    },
    { weight: 1, arbitrary: fc.constant<Value>('cut') },
  ),
  length: fc.constantFrom(1, 2, 4, 8, 8, 8, 8, 16, 64, 512),
  random: word32,
});

/** Pseudo-random bytes. */
function randomBytes(length: number, seed: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
}

function word(places: Places, value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(places.pointerSize);
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[places.littleEndian ? i : bytes.length - 1 - i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

const hugeWords: readonly bigint[] = [
  1n << 20n,
  1n << 23n,
  1n << 27n,
  (1n << 31n) - 1n,
  (1n << 32n) - 1n,
  1n << 40n,
  (1n << 47n) - 8n,
  (1n << 53n) - 1n,
  (1n << 53n) - 8n,
  (1n << 63n) - 1n,
  1n << 63n,
];

function bytesFor(places: Places, { value, length, random }: Change, before: Uint8Array, self: number): Uint8Array {
  switch (value) {
    case 'flip':
      return before.map((byte, i) => (i === 0 ? byte ^ (1 << (random & 7)) : byte));
    case 'zero':
      return new Uint8Array(length);
    case 'ones':
      return new Uint8Array(length).fill(0xff);
    case 'random':
      return randomBytes(length, random);
    case 'huge':
      return word(places, hugeWords[random % hugeWords.length]!);
    case 'small':
      return word(places, random % 5);
    case 'address':
      return word(
        places,
        places.addresses[random % places.addresses.length]! + (random & 1 ? 0 : (random >>> 8) & 0x3f),
      );
    case 'self':
      // A list that leads back to itself.
      return word(places, self - (random & 1 ? 0 : self % 4096));
    case 'plus one':
      return before.map((byte, i) => (i === 0 ? byte + 1 : byte));
    case 'cut':
      return new Uint8Array(0);
  }
}

interface Image {
  readonly name: string;
  readonly binary: DamagedFile;
  readonly core: DamagedFile;
  readonly places: Places;
}

/** Changes one file; aligned to words two times of three. Where that was, for the report. */
function apply({ binary, core, places }: Image, groups: readonly (readonly Place[])[], item: Change): string {
  const group = item.place === undefined ? undefined : groups[item.place % groups.length]!;
  const place = group?.[Math.floor(item.place! / groups.length) % group.length];
  const file = (place ? place.file === 'core' : item.core) ? core : binary;
  const length = place?.length ?? file.size;
  let inside = Math.floor((item.at / 2 ** 32) * length);
  if (item.random % 3 !== 0) inside -= inside % places.pointerSize;
  const offset = (place?.offset ?? 0) + inside;
  const self = (place?.address ?? 0) + inside;
  if (item.value === 'cut') file.cut(offset);
  else file.overwrite(offset, bytesFor(places, item, file.read(offset, item.length), self));
  return `${file === core ? 'core' : 'binary'} ${place?.what ?? 'anywhere'}+0x${inside.toString(16)} (0x${offset.toString(16)}): ${item.value} ${item.length} ${item.random}`;
}

/** Places of one kind together, so that hundreds of mspans do not outweigh one header. */
function groupsOf({ places }: Places): Place[][] {
  const byName = new Map<string, Place[]>();
  for (const place of places)
    byName.set(`${place.file} ${place.what}`, [...(byName.get(`${place.file} ${place.what}`) ?? []), place]);
  return [...byName.values()];
}

/** What a process has at most that opens one image and ends: node itself, and what this one took for it. */
const bareMiB = 50;
/** What may be alive between two images: nothing is kept of one that was closed. Looked at after so many. */
const mostLiveMiB = 150;
const runsBetween = 50;

function sayOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const [runs, seed, folder] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]!];
const images = readdirSync(folder)
  .filter((name) => name.endsWith('.core'))
  .sort()
  .map((file): Image => {
    const name = file.slice(0, -'.core'.length);
    // Each damages a copy of its binary; a stripped one is such a copy too.
    const [binary, core] = [join(folder, `${name}.damaged`), join(folder, file)];
    copyFileSync(join(folder, `${name}.binary`), binary);
    const places = placesOf(binary, core);
    return { name, binary: new DamagedFile(binary), core: new DamagedFile(core), places };
  });

const share = Math.ceil(runs / images.length);
const sums = { runs: 0, opened: 0, answered: 0, refused: 0, slowest: 0, mostMiB: 0, liveMiB: 0 };
for (const image of images) {
  const groups = groupsOf(image.places);
  let told: string[] = [];
  const scenario = fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    force: fc.boolean(),
    aim: word32,
  });
  const property = fc.property(scenario, ({ changes, force, aim }) => {
    const hidden = (aim >>> 8) % 4 === 0;
    try {
      told = changes.map((item) => apply(image, groups, item));
      process.send?.({ at: `${image.name}: ${told.join('; ')}` });
      const { addresses } = image.places;
      const interesting = [addresses[aim % addresses.length]!, aim * 4096];
      const verify = aim % 16 === 0;
      const request = {
        files: [image.binary.path, image.core.path],
        options: { force, ...(hidden ? { without: newLines } : {}) },
      };
      // A layout that must be told from the image takes its time.
      const bounds = { seconds: hostile.seconds * (hidden ? 2 : 1), mib: hostile.mib - bareMiB };
      const { result, cost } = measured(
        bounds,
        () => askEverything(request, interesting, verify, aim % 4 === 1),
        ({ seconds }) => seconds,
      );
      sums.runs += 1;
      sums.opened += result.opened ? 1 : 0;
      sums.answered += result.answered;
      sums.refused += result.refused;
      sums.slowest = Math.max(sums.slowest, Math.round(1000 * cost.seconds) / 1000);
      sums.mostMiB = Math.max(sums.mostMiB, Math.round(cost.mib + bareMiB));
    } finally {
      image.binary.mend();
      image.core.mend();
    }
    if (sums.runs % runsBetween !== 0) return;
    const live = liveMiB();
    sums.liveMiB = Math.max(sums.liveMiB, Math.round(live));
    if (live > mostLiveMiB) throw new Error(`leaks: ${Math.round(live)} MiB are alive after ${sums.runs} runs`);
  });
  const result = fc.check(property, { seed, numRuns: share, endOnFailure: true });
  if (result.failed) {
    const error = result.errorInstance;
    process.stderr.write(`${image.name}, seed ${seed}, run ${result.numRuns}: ${told.join('; ')}\n${sayOf(error)}\n`);
    process.exitCode = 1;
  }
  image.binary.close();
  image.core.close();
}
process.stdout.write(`${JSON.stringify(sums)}\n`);
process.disconnect?.();
