// `--go` against what the target says of itself: it is believed, and never silently where something contradicts it.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';

const sample = (name: string) => fileURLToPath(new URL(`../../fixtures/sample/${name}`, import.meta.url));

function open(go: string | undefined) {
  const target = openTarget({
    files: [sample('server'), sample('core.sparse')],
    options: go === undefined ? {} : { go },
  });
  const process = openProcess(target, {})!;
  target.close();
  return { target, process };
}

describe('--go', () => {
  it.each([undefined, 'go1.27.4', '1.27.4'])('%s: what the sample is itself needs no words', (go) => {
    const { target, process } = open(go);
    expect([...target.warnings, ...process.warnings]).toEqual([]);
    expect(process.layout).toMatchObject({ source: 'table', exact: true });
  });

  it('that contradicts the build info is told of', () => {
    const { target } = open('1.26.0+nogreenteagc');
    expect(target.warnings).toEqual(['--go says go1.26+nogreenteagc, build info of the binary says go1.27.4']);
  });

  it('whose own table does not fit is told of, though DWARF serves', () => {
    const { process } = open('1.18.0');
    expect(process.layout.source).toBe('dwarf');
    expect(process.check.ok).toBe(true);
    expect(process.warnings[0]).toMatch(/^the layout table go1\.18\S* does not fit this image \(.+\): is it go1\.18/);
  });
});

describe('--root', () => {
  const files = [sample('server'), sample('core.sparse')];
  const name = 'runtime.gcphase';
  const rooted = (address: number) => {
    const target = openTarget({ files, options: {} });
    const root = openProcess(target, { roots: { [name]: address } })!.roots.get(name);
    target.close();
    return root;
  };

  it('gcphase at its place is confirmed; at another word that is 0 it is not, for the code uses the first', () => {
    const target = openTarget({ files, options: {} });
    const truth = target.symbols([name]).get(name)!;
    const zero = Array.from({ length: 64 }, (_, i) => truth + 4 * (i + 1)).find(
      (at) => target.memory.uint32(at) === 0,
    )!;
    expect(target.memory.uint32(truth)).toBe(0);
    target.close();
    expect(rooted(truth)).toMatchObject({ state: 'confirmed', method: 'override', address: truth });
    expect(rooted(zero)).toMatchObject({ state: 'unconfirmed', method: 'override', address: zero });
    expect(rooted(zero)?.detail).toContain('the code that should use it does not');
  });
});
