// What is said of an address that one way denies and another names.
import { describe, expect, it } from 'vitest';
import { type Candidate, findOne, type Judges } from '../../src/runtime/roots/choose-root.js';
import type { Refusal } from '../../src/runtime/roots/names.js';

/** Whatever is asked about holds what it should; the code uses none of it. */
const judges: Judges = {
  judge: () => ({ ok: true, why: 'the g’s lead back' }),
  confirms: () => ({ method: 'code', agrees: false }),
  bearsOut: () => undefined,
};
const named = (method: Candidate['method'], candidate: number): Candidate => ({ method, candidate, early: false });

describe('allgs, found by its shape and denied by the code', () => {
  const find = (other: number) => {
    const refusals: Refusal[] = [];
    const root = findOne('runtime.allgs', [named('structure', 0x5000), named('stack', other)], judges, refusals);
    return { root, refusals };
  };

  it('is not said to look the same as itself where the threads lead to it too', () => {
    const { root, refusals } = find(0x5000);
    expect(root).toMatchObject({ state: 'unconfirmed', address: 0x5000 });
    expect(root.detail).toBe('the g’s lead back; but the code that should use it does not');
    expect(refusals).toMatchObject([{ address: 0x5000, method: 'structure' }]);
  });

  it('is named where the threads lead to another', () => {
    expect(find(0x6000).root.detail).toBe('the g’s lead back; but 0x5000 looks the same');
  });
});
