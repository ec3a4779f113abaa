// Real debug sections with bytes flipped, overwritten, cut and moved: whatever is asked, only a DwarfError may come, and soon.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Dwarf, DwarfError, type DwarfType, openDwarf, type TypeRef } from '../../src/dwarf-parser/index.js';
import { bounded, hostile } from '../support/costs.js';
import { fixtureSections } from '../support/dwarf-fixture.js';
import { sectionsOf } from '../support/dwarf-writer.js';

interface Mutation {
  readonly section: string;
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Instead of writing bytes: cut the section there. */
  readonly cut: boolean;
}

type Pristine = ReturnType<typeof fixtureSections>;

function mutation(pristine: Pristine): fc.Arbitrary<Mutation> {
  const sections = Object.keys(pristine.bytes).filter((name) => (pristine.bytes[name]?.length ?? 0) > 0);
  return fc.constantFrom(...sections).chain((section) =>
    fc.record({
      section: fc.constant(section),
      at: fc.nat((pristine.bytes[section]?.length ?? 1) - 1),
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        fc.constantFrom(
          new Uint8Array(8).fill(0xff),
          new Uint8Array(4),
          Uint8Array.of(0x80, 0x80, 0x80),
          Uint8Array.of(0x7f),
        ),
      ),
      cut: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
  );
}

function apply(pristine: Pristine, mutations: readonly Mutation[]): Pristine {
  const bytes = { ...pristine.bytes };
  for (const { section, at, bytes: change, cut } of mutations) {
    const copy = (bytes[section] ?? new Uint8Array(0)).slice(0, cut ? at : undefined);
    if (at + change.length <= copy.length) {
      copy.set(change, at);
    }
    bytes[section] = copy;
  }
  return { littleEndian: pristine.littleEndian, bytes };
}

/** A question may fail with a DwarfError; then the next is asked. How many did. */
class Questions {
  failures = 0;
  answers = 0;

  ask<T>(question: () => T): T | undefined {
    try {
      const answer = question();
      this.answers++;
      return answer;
    } catch (error) {
      if (!(error instanceof DwarfError)) {
        throw error;
      }
      expect(error.section).toMatch(/^(info|abbrev|str|line_str|str_offsets|addr)$/);
      expect(error.offset).toBeGreaterThanOrEqual(0);
      expect(error.expected).not.toBe('');
      this.failures++;
      return undefined;
    }
  }
}

function references(type: DwarfType | undefined): readonly TypeRef[] {
  switch (type?.kind) {
    case 'struct':
    case 'union':
    case 'class':
      return type.members.map((member) => member.type);
    case 'array':
      return type.element === undefined ? [] : [type.element];
    case 'pointer':
    case 'typedef':
    case 'qualified':
      return type.target === undefined ? [] : [type.target];
    default:
      return [];
  }
}

function askEverything(dwarf: Dwarf, questions: Questions): void {
  for (const unit of questions.ask(() => dwarf.units()) ?? []) {
    const names = questions.ask(() => [...dwarf.typeNames(unit)]) ?? [];
    for (const name of names.slice(0, 300)) {
      const type = questions.ask(() => dwarf.typeNamed(unit, name));
      for (const ref of references(type).slice(0, 20)) {
        questions.ask(() => dwarf.type(ref));
      }
    }
    for (const name of ['origin', 'head', 'declared_first', 'colour', 'runtime.mheap_']) {
      questions.ask(() => dwarf.variableNamed(unit, name));
      questions.ask(() => dwarf.constantNamed(unit, name));
    }
  }
  questions.ask(() => dwarf.findType('no such type'));
}

describe.each([
  ['c-dwarf2', 300],
  ['c-dwarf4', 300],
  ['c-dwarf5', 300],
  ['c-dwarf5-type-units', 300],
  ['go1.16-types', 40],
  ['go1.27-types', 40],
])('%s', (name, numRuns) => {
  const pristine = fixtureSections(name);

  test('untouched, every question has an answer', () => {
    const questions = new Questions();
    askEverything(openDwarf(sectionsOf(pristine)), questions);
    expect(questions.failures).toBe(0);
    expect(questions.answers).toBeGreaterThan(20);
  });

  test('mutated', () => {
    let failures = 0;
    fc.assert(
      fc.property(fc.array(mutation(pristine), { minLength: 1, maxLength: 6 }), (mutations) => {
        const mutated = apply(pristine, mutations);
        failures += bounded(hostile, () => {
          const questions = new Questions();
          askEverything(openDwarf(sectionsOf(mutated)), questions);
          return questions.failures;
        });
      }),
      { seed: 20261123, numRuns },
    );
    expect(failures).toBeGreaterThan(0);
  });
});
