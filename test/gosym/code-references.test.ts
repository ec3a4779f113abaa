// How each arch writes the address of a global: instructions as objdump shows them in runtime functions of real binaries (Go 1.16.15 and 1.24.13), with the address of
// runtime.gcphase (or what objdump names) as `nm` has it.
import { expect, it } from 'vitest';
import { codeReferences } from '../../src/gosym/code-references.js';

const everywhere = [{ start: 1, end: 2 ** 47 }];

const cases = [
  { arch: 'amd64', at: 0x41fb8f, code: '833d93fe150000', target: 0x57fa29, little: true },
  { arch: 'amd64', at: 0x401000, code: '488d15cde11500', target: 0x401000 + 7 + 0x15e1cd, little: true },
  { arch: '386', at: 0x805e8b9, code: '8b05c8be1408', target: 0x814bec8, little: true },
  { arch: 'arm64', at: 0x26fec, code: '5b0900f07b930f91', target: 0x1513e4, little: true },
  { arch: 'ppc64le', at: 0x277f0, code: '1500e03f20757f80', target: 0x157520, little: true },
  { arch: 'ppc64', at: 0x27d10, code: '3fe00015807f7520', target: 0x157520, little: false },
  { arch: 'mips', at: 0x2c67c, code: '3c1700138ee12040', target: 0x132040, little: false },
  { arch: 'riscv64', at: 0x61b40, code: '9742120083e24246', target: 0x185fa4, little: true },
  { arch: 's390x', at: 0x76722, code: 'c010000929ff', target: 0x19bb20, little: false },
  { arch: 'arm', at: 0x6fadc, code: 'f4d81600', target: 0x16d8f4, little: true },
];

it.each(cases)('$arch $code', ({ arch, at, code, target, little }) => {
  const bytes = Uint8Array.from(Buffer.concat([Buffer.from(code, 'hex'), Buffer.alloc(8)]));
  const found = codeReferences(arch, { address: at, bytes, littleEndian: little }, everywhere);
  expect([...(found ?? [])].map((address) => address.toString(16))).toContain(target.toString(16));
});

// The same instructions with the load through the sum that the assembler puts behind them: its base is the variable, not the page or the upper half.
const sums = [
  { arch: 'arm64', at: 0x26fec, code: '5b0900f07b930f91610340f9', target: 0x1513e4, little: true },
  { arch: 'ppc64', at: 0x27d10, code: '3fe000153bff7520807f0000', target: 0x157520, little: false },
  { arch: 'mips', at: 0x2c67c, code: '3c17001326f720408ee10000', target: 0x132040, little: false },
  { arch: 'riscv64', at: 0x61b40, code: '97421200938242460383020000000000', target: 0x185fa4, little: true },
];

it.each(sums)('$arch: a sum in place hides its first half', ({ arch, at, code, target, little }) => {
  const bytes = Uint8Array.from(Buffer.from(code, 'hex'));
  expect([...codeReferences(arch, { address: at, bytes, littleEndian: little }, everywhere)!]).toEqual([target]);
});

it('leaves out what lies outside of the data', () => {
  const bytes = Uint8Array.from(Buffer.from('488d15cde1150000000000', 'hex'));
  const code = { address: 0x401000, bytes, littleEndian: true };
  expect([...codeReferences('amd64', code, [{ start: 0x500000, end: 0x55f1d4 }])!]).toEqual([]);
  expect([...codeReferences('amd64', code, [{ start: 0x55f1d4, end: 0x55f1d5 }])!]).toEqual([0x55f1d4]);
});

it('knows no arch that it has no decoder for', () => {
  expect(
    codeReferences('wasm', { address: 0, bytes: new Uint8Array(8), littleEndian: true }, everywhere),
  ).toBeUndefined();
});
