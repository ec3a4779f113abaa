// C programs that have loaded a Go library: the library, given as the binary or found by what the image names, is placed by its build ID among the mapped files, and its
// heap is what the library itself printed. Builds them itself: it needs gcc and kernel cores in the working folder.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { withoutSections } from '../support/damaged-binary.js';
import { manifest } from './prepared.js';

const folder = mkdtempSync(join(tmpdir(), 'spanscope-shared-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = fileURLToPath(new URL('../../fixtures/shared-library.mjs', import.meta.url));
const lines = manifest.quick ? ['1.24'] : ['1.13', '1.17', '1.20', '1.24', '1.26', '1.27'];

function look(files: readonly string[]) {
  const target = openTarget({ files, options: {} });
  const process = openProcess(target, {})!;
  const { spans, reconciliation, warnings } = overviewOf(target, process, process.spans());
  const roots = process.allRoots();
  target.close();
  return { target, spans, reconciliation, warnings, roots };
}

let earlier: string | undefined;

test.for(lines)('go%s: a Go library in a C program', (line, { skip }) => {
  const at = join(folder, line);
  const made = spawnSync(process.execPath, [script, line, at], { encoding: 'utf8' });
  if (made.status === 3) skip(made.stdout.trim());
  expect(made.status, made.stderr).toBe(0);
  const said = JSON.parse(readFileSync(join(at, 'stdout.json'), 'utf8')) as Record<string, number>;
  const [library, core] = [join(at, 'libgo.so'), join(at, 'core')];
  // Under another name and elsewhere it is known by its build ID alone.
  copyFileSync(library, join(at, 'renamed'));
  const given = look([library, core]);
  const ways = [
    given,
    look([core]),
    look([join(at, 'renamed'), core]),
    look([withoutSections(library, join(at, 'stripped')), core]),
  ];
  for (const { target, spans, reconciliation, warnings, roots } of ways) {
    expect(target.matches).toBe('go');
    expect(target.trace.join('\n')).toMatch(
      /the binary is \/.*libgo\.so of the image: build IDs are equal\nload bias 0x[0-9a-f]+, from NT_FILE/,
    );
    expect(spans).toMatchObject({
      heapInuseBytes: said.heapInuse,
      stackInuseBytes: said.stackInuse,
    });
    // The library allocates a little after it has asked, to say what it was told.
    expect(Number(spans!.heapAllocBytes) - said.heapAlloc!).toBeGreaterThanOrEqual(0);
    expect(Number(spans!.heapAllocBytes) - said.heapAlloc!).toBeLessThanOrEqual(64);
    expect(reconciliation.length).toBeGreaterThan(2);
    expect(reconciliation.filter(({ agrees }) => !agrees)).toEqual([]);
    expect(warnings).toEqual([]);
    for (const [name, { address, state }] of given.roots)
      expect(roots.get(name), name).toMatchObject({ address, state });
  }
  expect([...given.roots.values()].filter(({ state }) => state === 'confirmed').length).toBeGreaterThan(11);
  if (earlier !== undefined) {
    const other = join(at, 'other');
    mkdirSync(other);
    copyFileSync(earlier, join(other, 'libgo.so'));
    expect(() => openTarget({ files: [join(other, 'libgo.so'), core], options: {} })).toThrow(
      /does not belong to .*: its Go build ID is/,
    );
  }
  earlier = library;
});
