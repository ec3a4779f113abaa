// A position-independent program has its names and tables among its writable data, and words of them can look like the bounds of a module: more of them than a search
// looks at. Real program and image; the names of its functions are overwritten with such words.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openProcess } from '../../src/runtime/process.js';
import { moduleFinder } from '../../src/runtime/roots/module-finder.js';
import { openTarget } from '../../src/target/open.js';
import { overwrite, tablePlace, withoutSections } from '../support/damaged-binary.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

/** More than are looked at one by one. */
const decoys = 600;

describe('go1.21-amd64-pie', () => {
  const name = 'go1.21-amd64-pie';
  const server = folder.unpacked(`${name}.server`, 'images', name, 'server.gz');
  const core = folder.unpacked(`${name}.core`, 'images', name, 'core.sparse.gz');
  const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const wanted = twin.address('runtime.firstmoduledata')!;
  const offset = (path: string) => twin.layout.field('moduledata', path)!.offset;

  /** Eight words that come again and again: what stands at moduledata's places for ftab, minpc, maxpc, text and etext makes sense, its sections do not. */
  const decoy = () => {
    const words: Readonly<Record<string, bigint>> = {
      'ftab.array': 0x7000_0000n,
      'ftab.len': 16n,
      'ftab.cap': 32n,
      edata: 0n,
      minpc: 0x40_0000n,
      maxpc: 0x50_0000n,
      text: 0x40_0000n,
      etext: 0x60_0000n,
    };
    const bytes = Buffer.alloc(64);
    const taken = new Set<number>();
    for (const [path, value] of Object.entries(words)) {
      const at = offset(path) % 64;
      expect(taken.has(at), path).toBe(false);
      taken.add(at);
      bytes.writeBigUInt64LE(value, at);
    }
    return bytes;
  };

  const files = [join(folder.path, 'decoys.server'), join(folder.path, 'decoys.core')] as const;
  copyFileSync(server, files[0]);
  copyFileSync(core, files[1]);
  const [start, end] = tablePlace(server).names;
  const from = Math.ceil(start / 64) * 64;
  const written = overwrite(files, server, [from, from + decoys * 64], (bytes) => Buffer.alloc(bytes.length, decoy()));
  withoutSections(files[0], files[0]);
  const target = openTarget({ files: [...files], options: {} });
  const scene = { memory: target.memory, layout: twin.layout };
  const first = (ranges: typeof target.dataRanges) => [...moduleFinder(ranges, undefined).candidates(scene)][0];

  it('has the decoys in the image, in front of the module', () => {
    expect(written).toBe(2);
    expect(from + decoys * 64).toBeLessThan(end);
    expect(readFileSync(files[1]).indexOf(decoy())).toBeGreaterThan(0);
  });

  it('passes over what looks like bounds of the text and has no sections', () => {
    expect(first(target.dataRanges)).toBe(wanted);
  });

  it('looks at constants that the loader relocated behind all that can be a variable', () => {
    const [whole, constants] = [target.dataRanges, target.variableRanges.at(-1)!];
    expect(target.variableRanges).not.toEqual(whole);
    expect(target.variableRanges.toSorted((a, b) => a.start - b.start)[0]).toEqual(constants);
    const bytes = (ranges: typeof whole) => ranges.reduce((sum, range) => sum + range.end - range.start, 0);
    expect(bytes(target.variableRanges)).toBe(bytes(whole));
    expect(constants.end).toBeLessThanOrEqual(wanted);
    expect(first(target.variableRanges)).toBe(wanted);
  });

  it('finds the variables by the structure of that module', () => {
    const process = openProcess(target, {})!;
    expect(process.roots.get('runtime.firstmoduledata')).toMatchObject({ address: wanted, method: 'structure' });
    expect(process.roots.get('runtime.memstats')?.address).toBe(twin.address('runtime.memstats'));
  });
});
