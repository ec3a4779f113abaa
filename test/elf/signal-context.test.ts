// Values of a program (go1.27, arm64) that a signal interrupted behind a call: X29 0x26d6b428cad8, SP 0x26d6b428cae0, and LR in text.
import { expect, it } from 'vitest';
import { mayBeSp, signalContextLayout } from '../../src/elf/signal-context.js';

it('does not take the frame pointer of arm64 for SP', () => {
  const arm64 = signalContextLayout('arm64')!;
  expect(mayBeSp(arm64, 0x26d6b428cae0)).toBe(true);
  expect(mayBeSp(arm64, 0x26d6b428cad8)).toBe(false);
  expect(mayBeSp(arm64, 0)).toBe(false);
});

it('takes any word where the machine does', () => {
  expect(mayBeSp(signalContextLayout('amd64')!, 0xc000012348)).toBe(true);
  expect(mayBeSp(signalContextLayout('386')!, 0x9412344)).toBe(true);
});
