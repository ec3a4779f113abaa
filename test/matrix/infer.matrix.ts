// Inference over all prepared images: what an image without symbols and DWARF, and with the tables of its release line hidden, tells of mspan and mheap, against Go's
// own reading of the DWARF of the twin that has it; and the spans that are then read, against the independent reader.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spanRow } from '../../src/analysis/span-rows.js';
import { openProcess, openTarget } from '../../src/index.js';
import { lineOf, requireRelease } from '../../src/layout/release.js';
import { structName } from '../../src/layout/type-names.js';
import type { InferredStruct } from '../../src/runtime/infer/inference.js';
import { infer, requestOf } from '../../src/runtime/layout-candidates.js';
import { withoutSections } from '../support/headerless.js';
import { expectedRow } from './expected-row.js';
import { images, manifest, type PreparedImage, type TruthStruct, truthRows, truthStructs } from './prepared.js';

const wanted: Readonly<Record<string, readonly string[]>> = {
  mspan: ['startAddr', 'npages', 'limit', 'freeindex', 'nelems', 'elemsize', 'allocCount', 'allocCache', 'allocBits', 'gcmarkBits', 'sweepgen', 'spanclass', 'state'],
  mheap: ['allspans', 'sweepgen', 'central', 'spanalloc'],
}; // biome-ignore format: lists of names
/** The share of the fields of a line that must be told, and rightly; of the images that must give the right rows. */
const enoughFields = 0.97;
const enoughImages = 0.9;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanscope-infer-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly line: string;
  readonly right: number;
  readonly asked: number;
  readonly rows: boolean;
  readonly inferred: boolean;
}
const outcomes: Outcome[] = [];

function openStripped(image: PreparedImage) {
  const server = withoutSections(image.server, join(folder, image.name));
  return image.core === undefined
    ? openTarget({ files: [server], options: { regions: image.regions! } })
    : openTarget({ files: [server, image.core], options: {} });
}

/** By the tables' names. */
function truthByName(binary: string): ReadonlyMap<string, TruthStruct> {
  return new Map(Object.entries(truthStructs(binary)).map(([name, struct]) => [structName(name), struct]));
}

/** Fields that are not where truth has them. */
function wrongFields(structs: readonly InferredStruct[], truth: ReadonlyMap<string, TruthStruct>) {
  return structs.flatMap(({ name, fields }) => {
    const real = truth.get(name);
    return real === undefined
      ? []
      : fields.filter(({ name: field, offset, size }) => {
          const there = real.fields[field];
          return there?.offset !== offset || there.size !== size;
        });
  });
}

const withGc = images.filter(({ printed }) => Number(printed.NumGC ?? 0) > 0);

describe.each(withGc)('$name', (image) => {
  it('tells nothing wrong that it calls sure, and its spans are read as they are', () => {
    const target = openStripped(image);
    try {
      const request = requestOf(target, {})!;
      const line = lineOf(requireRelease(request.goVersion));
      const inference = infer(target, request, {});
      if ('why' in inference) throw new Error(inference.why);
      const truth = truthByName(image.server);
      const wrong = wrongFields(inference.structs, truth);
      expect(wrong.filter(({ confidence }) => confidence > 0.9)).toEqual([]);
      expect(inference.structs[0]?.size).toBe(truth.get('mspan')?.size);
      let right = 0;
      let asked = 0;
      for (const [struct, fields] of Object.entries(wanted)) {
        const found = inference.structs.find(({ name }) => name === struct);
        for (const field of fields) {
          asked += 1;
          if (found?.fields.some((one) => one.name === field && !wrong.includes(one))) right += 1;
        }
      }
      const process = openProcess(target, { without: [line] });
      const table = process?.spans();
      const rows = truthRows(image);
      const source = table && { memory: target.memory, layout: process!.layout, table };
      const same =
        source !== undefined &&
        table!.length === rows.length &&
        rows.every((row, i) => {
          const ours = spanRow(source, i, true) as unknown as Record<string, unknown>;
          // What a row says it could not read is not wrong.
          const { missing = [] } = ours as { missing?: string[] };
          return Object.entries(expectedRow(row)).every(
            ([name, value]) => ours[name] === value || missing.includes(name),
          );
        });
      outcomes.push({ line, right, asked, rows: same, inferred: process?.layout.source === 'inferred' });
      if (process && !same) expect(process.check.ok, 'wrong rows under a layout that is said to fit').toBe(false);
    } finally {
      target.close();
    }
  });
});

/** States of the collector that are rare: off, never run, a heap that has shrunk. */
describe.each((manifest.diagnoses ?? []).map((path) => ({ name: basename(path), path })))('$name', ({ name, path }) => {
  it('tells nothing wrong that it calls sure', () => {
    const server = withoutSections(join(path, 'server'), join(folder, name));
    const target = openTarget({ files: [server, join(path, 'core')], options: {} });
    try {
      const inference = infer(target, requestOf(target, {})!, {});
      if ('why' in inference) throw new Error(inference.why);
      const truth = truthByName(join(path, 'server'));
      expect(wrongFields(inference.structs, truth).filter(({ confidence }) => confidence > 0.9)).toEqual([]);
    } finally {
      target.close();
    }
  });
});

describe('of all', () => {
  it('each line has its fields told', () => {
    const lines = new Map<string, { right: number; asked: number; images: number }>();
    for (const { line, right, asked } of outcomes) {
      const sum = lines.get(line) ?? { right: 0, asked: 0, images: 0 };
      lines.set(line, { right: sum.right + right, asked: sum.asked + asked, images: sum.images + 1 });
    }
    for (const [line, { right, asked }] of lines) expect(right / asked, line).toBeGreaterThanOrEqual(enoughFields);
    process.stdout.write(
      `inferred: ${[...lines].map(([line, { right, asked, images: n }]) => `${line} ${right}/${asked} (${n})`).join(', ')}\n`,
    );
  });

  it('nearly all spans are read as they are', () => {
    const good = outcomes.filter(({ rows }) => rows).length;
    process.stdout.write(
      `spans exact without the line's tables: ${good} of ${outcomes.length} images, ${outcomes.filter(({ inferred }) => inferred).length} of them by an inferred layout\n`,
    );
    expect(good / outcomes.length).toBeGreaterThanOrEqual(enoughImages);
  });
});
