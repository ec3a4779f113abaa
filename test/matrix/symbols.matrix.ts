// `symbols` of a binary alone beside `go tool nm`: each function stands where the symbol table has it. And stripped programs have as many.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { images, parseLines, spanscope } from './prepared.js';

interface Row {
  readonly addr: string;
  readonly func: string;
  readonly file: string | null;
}

/** Functions by address; the symbol table says of some which ABI they have. */
function nm(binary: string): Map<string, Set<string>> {
  const { stdout } = spawnSync('go', ['tool', 'nm', binary], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const functions = new Map<string, Set<string>>();
  for (const line of stdout.split('\n')) {
    const [, addr, name] = /^ *([0-9a-f]+) [Tt] (.*)$/.exec(line) ?? [];
    if (addr === undefined || name === undefined) continue;
    const at = `0x${addr.replace(/^0+(?=.)/, '')}`;
    functions.set(at, (functions.get(at) ?? new Set()).add(name.replace(/\.abi(0|internal)$/, '')));
  }
  return functions;
}

/** Names that the linker shortens or spells differently in the two tables are left out. */
const plain = /^[\w./*()%-]+$/;

describe.each(images.map(({ name, server }) => ({ name, server })))('$name', ({ server }) => {
  it('lists its functions where the symbol table has them', () => {
    const truth = nm(server);
    const rows = parseLines<Row>(spanscope(['symbols', server, '--format', 'ndjson']));
    expect(rows.length).toBeGreaterThan(1000);
    expect(rows.filter(({ addr }) => !truth.has(addr))).toEqual([]);
    expect(rows.filter(({ addr, func }) => plain.test(func) && !truth.get(addr)!.has(func))).toEqual([]);
    expect(rows.filter(({ func, file }) => func.startsWith('main.') && file === null)).toEqual([]);
  });
});
