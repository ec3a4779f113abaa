// What all prepared images tell of g, m, p, mcache and gcControllerState, against Go's own reading of their DWARF. mspans, text and threads are handed in, as `layout
// infer` does with what it told before; infer.matrix.ts goes the whole way.
import { describe, expect, it } from 'vitest';
import { openProcess, openTarget } from '../../src/index.js';
import { lineOf, requireRelease } from '../../src/layout/release.js';
import { structName } from '../../src/layout/type-names.js';
import { inferGcController } from '../../src/runtime/infer/infer-gc-controller.js';
import { inferScheduler } from '../../src/runtime/infer/infer-scheduler.js';
import type { InferredField } from '../../src/runtime/infer/inference.js';
import { pacerScene, schedulerScene } from '../support/scheduler-scene.js';
import { images, type PreparedImage, truthStructs } from './prepared.js';

/** Told in every image whose goroutines can be read; of the others (curg, p, …) an idle program has nothing to tell. */
const always = ['g.stack.lo', 'g.stack.hi', 'g.sched.sp', 'g.sched.pc', 'g.sched.g', 'g.atomicstatus', 'g.goid', 'g.m', 'm.g0', 'm.alllink']; // biome-ignore format: a list of names
const sure = 0.9;

interface Count {
  right: number;
  unsure: number;
  wrong: number;
}
const counts = new Map<string, Map<string, Count>>();
const told = { fields: 0, wrongAndSure: 0 };

/** Offset of a field by path, a step into a member of struct type; undefined where there is none. */
function truthOf(image: PreparedImage): (struct: string, path: string) => number | undefined {
  const structs = new Map(
    Object.entries(truthStructs(image.server)).map(([name, struct]) => [structName(name), struct]),
  );
  return (struct, path) => {
    let offset = 0;
    let name = struct;
    for (const step of path.split('.')) {
      const field = structs.get(name)?.fields[step];
      if (!field) return undefined;
      offset += field.offset;
      name = structName(field.type);
    }
    return offset;
  };
}

function count(line: string, name: string, { confidence }: InferredField, right: boolean): void {
  const ofLine = counts.get(line) ?? new Map<string, Count>();
  counts.set(line, ofLine);
  const one = ofLine.get(name) ?? { right: 0, unsure: 0, wrong: 0 };
  ofLine.set(name, one);
  if (!right) one.wrong += 1;
  else if (confidence > sure) one.right += 1;
  else one.unsure += 1;
  told.fields += 1;
  if (!right && confidence > sure) told.wrongAndSure += 1;
}

describe.each(images)('$name', (image) => {
  it('is sure of nothing that is wrong', () => {
    const options = image.regions === undefined ? {} : { regions: image.regions };
    const files = image.core === undefined ? [image.server] : [image.server, image.core];
    const target = openTarget({ files, options });
    try {
      const process = openProcess(target, {})!;
      const line = lineOf(requireRelease(target.go!.version));
      const { structs } = inferScheduler(schedulerScene(process, image.core));
      const pacer = pacerScene(process);
      const controller = pacer && inferGcController(pacer);
      const offsetOf = truthOf(image);
      const wrong: unknown[] = [];
      const right = new Set<string>();
      for (const struct of controller ? [...structs, controller] : structs) {
        for (const field of struct.fields) {
          const exact = offsetOf(struct.name, field.name);
          const name = `${struct.name}.${field.name}`;
          count(line, name, field, exact === field.offset);
          if (exact === field.offset) right.add(name);
          else if (field.confidence > sure) wrong.push({ name, exact, field });
        }
      }
      expect(wrong).toEqual([]);
      // Where an image has no goroutines, its memory is not there.
      if (structs.some(({ name }) => name === 'g')) expect([...right]).toEqual(expect.arrayContaining(always));
      else expect(process.roots.get('runtime.allgs')?.state).toBe('unconfirmed');
    } finally {
      target.close();
    }
  });
});

describe('of all', () => {
  it('says by line what was told: sure and right / right / wrong, none of them sure', () => {
    for (const [line, fields] of [...counts].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))) {
      const text = [...fields].map(([name, { right, unsure, wrong }]) => `${name} ${right}/${unsure}/${wrong}`);
      process.stdout.write(`${line}: ${text.join(', ')}\n`);
    }
    process.stdout.write(`told ${told.fields} fields, ${told.wrongAndSure} wrong with more than ${sure}\n`);
    expect(told.fields).toBeGreaterThan(0);
    expect(told.wrongAndSure).toBe(0);
  });
});
