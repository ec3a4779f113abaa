// Where gcStart sets gcphase: the bytes of real binaries (Go 1.11, 1.17, 1.27) with the addresses of runtime.gcphase and runtime.writeBarrier as `nm` has them. Up to 1.21 the byte that is stored first is
// writeBarrier.needed, four bytes into it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestPhaseStore, phaseStores } from '../../src/gosym/phase-stores.js';

const cases = [
  { arch: 'amd64', at: 0x414f28, phase: 0x5107a8, barrier: 0x510914, code: '488d0d79b80f0087018b0571b80f0083f8010f85b9000000b8010000008805c9b90f0084c0' }, // biome-ignore format: one line
  { arch: 'amd64', at: 0x414f77, phase: 0x523608, barrier: 0x523824, code: '488d158ae61000870a8b0d82e6100083f9017507b901000000eb0683f9020f94c1880d86e81000' }, // biome-ignore format: one line
  { arch: 'amd64', at: 0x425118, phase: 0x572634, barrier: 0x5728d0, code: '488d1515d51400870a8b0d0dd5140083f9017507b901000000eb0683f9020f94c1880d91d71400' }, // biome-ignore format: one line
  { arch: 'arm64', at: 0x23100, phase: 0x121764, barrier: 0x1218e4, code: 'e10700d021901d9120fc9f88fb0700d07b931d91610340b93f04007121070054e10340b2fb0700d07b93239161030039010600b4' }, // biome-ignore format: one line
  { arch: 'arm64', at: 0x31944, phase: 0x18fc0c, barrier: 0x18feb0, code: 'e20a00d04230309141fc9f88fb0a00d0610f4cb93f04007161000054e10340b2030000143f080071e1179f9afb0a00d061c33a39' }, // biome-ignore format: one line
];

const storesIn = (arch: string, address: number, bytes: Uint8Array) => [
  ...(phaseStores(arch, { address, bytes, littleEndian: true }) ?? []),
];
const found = (arch: string, address: number, bytes: Uint8Array) =>
  storesIn(arch, address, bytes).map(({ phase, barrier }) => ({ phase, barrier }));

describe.each(cases)('$arch at $at', ({ arch, at, phase, barrier, code }) => {
  const bytes = Buffer.from(code, 'hex');

  it('is found, with other code around it', () => {
    expect(found(arch, at, bytes)).toEqual([{ phase, barrier }]);
    const around = Buffer.concat([Buffer.alloc(64, 0x90), bytes, Buffer.alloc(64, 0xcc)]);
    expect(found(arch, at - 64, around)).toEqual([{ phase, barrier }]);
    const [{ at: start } = { at: 0 }] = storesIn(arch, at, bytes);
    expect(start - at).toBeLessThan(4);
    expect(bytes.length).toBeLessThan(longestPhaseStore);
  });

  it('is not found without its end', () => {
    const whole = bytes.length - (arch === 'arm64' ? 4 : code.endsWith('84c0') ? 2 : 0);
    for (let length = 0; length < whole - 4; length += arch === 'arm64' ? 4 : 1)
      expect(found(arch, at, bytes.subarray(0, length)), `${length}`).toEqual([]);
  });

  it('is none where another word is read than was stored, or nothing is compared with 1', () => {
    const damage = (needle: string, by: string) => {
      const hex = code.replace(needle, by);
      expect(hex).not.toBe(code);
      return found(arch, at, Buffer.from(hex, 'hex'));
    };
    const compare = { amd64: /83(f.)01/, arm64: /3f040071/ }[arch]!.exec(code)![0];
    expect(damage(compare, arch === 'amd64' ? compare.replace(/01$/, '03') : '3f0c0071')).toEqual([]);
    const read = { amd64: /8b.{10}/, arm64: /610340b9|610f4cb9/ }[arch]!.exec(code.slice(16))![0];
    const another = arch === 'amd64' ? `${read.slice(0, 4)}${read.slice(4, 6) === '00' ? '08' : '00'}${read.slice(6)}` : '611340b9'; // biome-ignore format: one line
    expect(damage(read, another)).toEqual([]);
  });
});

it('reads any bytes, and says nothing of ports that it does not know', () => {
  fc.assert(
    fc.property(fc.constantFrom('amd64', 'arm64'), fc.uint8Array({ maxLength: 400 }), (arch, bytes) => {
      for (const { phase, barrier } of storesIn(arch, 0x401000, bytes)) expect(phase).not.toBe(barrier);
    }),
  );
  expect(phaseStores('s390x', { address: 0, bytes: new Uint8Array(8), littleEndian: false })).toBeUndefined();
});
