// Damaged containers: gzip, zstd, xz and lz4 files with bytes changed, cut, doubled and put together anew. Each is decoded as far as it goes or refused with an
// InspectError, within a second of CPU time and little memory; and what a damaged container of a core still gives is shown.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BufferSource } from '../../src/bytes/buffer-source.js';
import { compressionOf } from '../../src/bytes/compression.js';
import { decompress } from '../../src/bytes/decompress.js';
import { InspectError } from '../../src/bytes/errors.js';
import { unpackFile } from '../../src/bytes/unpack-cache.js';
import { boundedAsync, hostile } from '../support/costs.js';
import { TempFolder } from '../support/run-cli.js';
import { askEverything } from './questions.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const seed = 5;
/** What a writer with a limit lets through. */
const mostBytes = 64 << 20;

const samples = fileURLToPath(new URL('../bytes/compressed', import.meta.url));
const containers = readdirSync(samples).map((name) => ({ name, bytes: readFileSync(join(samples, name)) }));

/** Where the headers are most of what is there, and anywhere. */
const offset = fc.oneof(fc.nat(40), fc.nat(2 ** 20));
const change = fc.oneof(
  fc.record({ what: fc.constant('set' as const), at: offset, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
  fc.record({
    what: fc.constant('fill' as const),
    at: offset,
    length: fc.nat(64),
    byte: fc.constantFrom(0, 0xff, 0x7f),
  }),
  fc.record({ what: fc.constant('flip' as const), at: offset, bit: fc.nat(7) }),
  fc.record({ what: fc.constant('cut' as const), at: offset }),
  fc.record({ what: fc.constant('remove' as const), at: offset, length: fc.nat(64) }),
  fc.record({ what: fc.constant('repeat' as const), at: offset, length: fc.nat(4096), times: fc.nat(16) }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(whole: Buffer, changes: readonly Change[]): Buffer {
  let bytes = Buffer.from(whole);
  for (const item of changes) {
    const at = item.at % Math.max(1, bytes.length);
    if (item.what === 'set') bytes.set(item.bytes.subarray(0, bytes.length - at), at);
    else if (item.what === 'fill') bytes.subarray(at, at + item.length).fill(item.byte);
    else if (item.what === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << item.bit);
    else if (item.what === 'cut') bytes = bytes.subarray(0, at);
    else if (item.what === 'remove') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + item.length)]);
    else {
      const piece = bytes.subarray(at, at + item.length);
      bytes = Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(item.times).fill(piece), bytes.subarray(at)]);
    }
  }
  return bytes;
}

/** What `work` gives, within the bounds; or the refusal. */
const triedWithin = <T>(work: () => Promise<T>): Promise<T | InspectError> =>
  boundedAsync(hostile, async () => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      return error;
    }
  });

const count = { decoded: 0, refused: 0 };

describe.each(containers)('$name, damaged', ({ bytes: whole }) => {
  const compression = compressionOf(whole)!;
  it('is decoded as far as it goes, or refused', async () => {
    const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const source = new BufferSource('damaged', changed(whole, changes));
      const refusal = await triedWithin(async () => {
        let given = 0;
        await decompress(compression, {
          source,
          emit: (bytes) => {
            given += bytes.length;
            if (given > mostBytes) throw new InspectError('too-large', 'damaged', 'is too large');
          },
          onRead: () => undefined,
        });
      });
      if (refusal === undefined) count.decoded += 1;
      else {
        expect(refusal.why).not.toMatch(/undefined|NaN|\n/);
        count.refused += 1;
      }
    });
    await fc.assert(property, { seed, numRuns: 100, endOnFailure: true });
  });
});

it('most damage is noticed, and some is not', () => {
  expect(count.decoded + count.refused).toBe(100 * containers.length);
  expect(count.refused).toBeGreaterThan(count.decoded);
  expect(count.decoded).toBeGreaterThan(0);
});

it('a damaged container of a core is shown as far as it goes', async () => {
  const server = folder.unpacked('server', 'images', 'go1.25-amd64-nodwarf', 'server.gz');
  const packed = folder.unpacked('core.sparse', 'images', 'go1.25-amd64-nodwarf', 'core.sparse.gz');
  const whole = gzipSync(readFileSync(folder.plain('core', packed)), { level: 1 });
  let [opened, refused] = [0, 0];
  const property = fc.asyncProperty(fc.nat(whole.length), fc.array(change, { maxLength: 2 }), async (at, changes) => {
    const path = folder.file('core.gz', Buffer.concat([whole.subarray(0, at), changed(whole.subarray(at), changes)]));
    const shown = await triedWithin(async () => {
      const unpacked = await unpackFile(path, 'gzip', { folder: folder.path, keep: false });
      const files = [server, path];
      return askEverything({ files, options: { unpacked: { [path]: unpacked.path } } }, [0xc000000000], false).opened;
    });
    if (shown instanceof InspectError) refused += 1;
    else if (shown) opened += 1;
  });
  await fc.assert(property, { seed, numRuns: 40, endOnFailure: true });
  expect(opened).toBeGreaterThan(20);
  expect(opened + refused).toBeLessThanOrEqual(40);
});
