// Programs that have loaded a plugin: the list of modules is walked, functions of both are found where the program itself says that they are, and the roots are
// the program's own, with symbols and without. Builds them itself: it needs gcc and kernel cores in the working folder.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { GoroutineList } from '../../src/analysis/goroutines.js';
import { scanResults } from '../../src/analysis/stack-results.js';
import { functionTables, moduleChain } from '../../src/runtime/function-tables.js';
import type { Goroutine } from '../../src/runtime/goroutines.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { withoutSegments } from '../support/blank-core.js';
import { withoutSections } from '../support/damaged-binary.js';
import { manifest } from './prepared.js';

const folder = mkdtempSync(join(tmpdir(), 'spanscope-plugins-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = fileURLToPath(new URL('../../fixtures/plugins.mjs', import.meta.url));
const part = (name: string) => `example.org/pluginpart.${name}`;
const lines = manifest.quick ? ['1.24'] : ['1.13', '1.17', '1.20', '1.24', '1.27'];

test.for(lines)('go%s: modules, functions and roots of a program with a plugin', (line, { skip }) => {
  const at = join(folder, line);
  const made = spawnSync(process.execPath, [script, line, at], { encoding: 'utf8' });
  if (made.status === 3) skip(made.stdout.trim());
  expect(made.status, made.stderr).toBe(0);
  const said = JSON.parse(readFileSync(join(at, 'stdout.json'), 'utf8')) as { host: number; part: number };
  const [host, core] = [join(at, 'host'), join(at, 'core')];
  const twin = openProcess(openTarget({ files: [host, core], options: {} }), {})!;
  const target = openTarget({ files: [withoutSections(host, join(at, 'stripped')), core], options: {} });
  const stripped = openProcess(target, {})!;
  const first = stripped.address('runtime.firstmoduledata');
  expect([...moduleChain(stripped, first)]).toHaveLength(2);
  const tables = [...functionTables(stripped, first)];
  const namesAt = (pc: number) =>
    tables.flatMap((table) => {
      const found = table.functionOf(pc);
      return found?.entry === pc ? [table.nameOf(found)] : [];
    });
  expect(namesAt(said.host)).toEqual(['main.hostWork']);
  expect(namesAt(said.part)).toEqual(['example.org/pluginpart.PartWork']);
  // A goroutine in the plugin: unwound, and scanned for words that are return addresses into either.
  const waiting = new GoroutineList(stripped);
  const namesOf = (each: Goroutine) => waiting.result(each).frames.map(({ func }) => func);
  const goroutine = waiting.goroutines.find((each) => namesOf(each).includes(part('PartWait')))!;
  const [scan] = [...scanResults(target, stripped, { goid: String(goroutine.goid) })];
  expect(scan!.candidates.filter(({ likely }) => likely).map(({ func }) => func)).toContain(part('PartWait'));
  expect(scan!.complete).toBe(true);
  const all = stripped.allRoots();
  for (const [name, { address }] of twin.allRoots())
    expect(all.get(name), name).toMatchObject({ state: address === undefined ? 'absent' : 'confirmed', address });
  expect(stripped.spans()!.base).toEqual(twin.spans()!.base);
  expect(stripped.warnings).toEqual([]);
  expect(twin.warnings).toEqual([]);
  // The plugin, given as the binary: the program's heap is shown, and it is said whose that is.
  const pluginFile = join(at, 'part.so');
  const asBinary = () => openProcess(openTarget({ files: [pluginFile, core], options: {} }), {})!;
  const warned = [
    expect.stringMatching(/part\.so is a plugin of the program \S+host, which has the runtime and the heap/),
  ];
  const expectHost = (shown: GoProcess) => {
    expect(shown.spans()!.base).toEqual(twin.spans()!.base);
    expect(shown.address('runtime.mheap_')).toBe(twin.address('runtime.mheap_'));
    expect(shown.partial).toBeUndefined();
    expect(shown.warnings).toEqual([]);
  };
  const byFile = asBinary();
  expectHost(byFile);
  expect(byFile.target.binary!.info.path).toBe(host);
  expect(byFile.target.warnings).toEqual(warned);
  byFile.target.close();
  // Where the image lacks the program's data, nothing can be shown of it: that is told, and not what the plugin's idle copy of the runtime looks like.
  copyFileSync(core, join(at, 'lacking'));
  const { dataRanges, go } = twin.target;
  const lacking = openTarget({
    files: [pluginFile, withoutSegments(join(at, 'lacking'), dataRanges)],
    // Up to 1.20 a plugin has no build info.
    options: { go: go!.version },
  });
  expect(openProcess(lacking, {})!.warnings).toEqual([
    expect.stringMatching(/part\.so is a plugin of the program \S+host, .*; name the program as the binary$/),
  ]);
  // Without the program's file, the plugin's copy of the runtime, whose code is there, does not speak for the program's.
  renameSync(host, join(at, 'kept'));
  const byImage = asBinary();
  expectHost(byImage);
  expect(byImage.target.binary).toBeUndefined();
  expect(byImage.target.go!.version).toBe(twin.target.go!.version);
  expect(byImage.target.warnings.filter((text) => !text.includes('is a guess'))).toEqual([
    ...warned,
    expect.stringMatching(/^there is no binary: .*host/),
  ]);
  const alone = openProcess(openTarget({ files: [core], options: {} }), {})!;
  expect(alone.target.binary).toBeUndefined();
  expect(alone.target.holder).toMatchObject({ path: host, isProgram: true });
  expect(alone.spans()!.base).toEqual(twin.spans()!.base);
  expect(alone.roots.get('runtime.mheap_')).toMatchObject({
    state: 'confirmed',
    address: twin.address('runtime.mheap_'),
  });
  expect(alone.refusals).toEqual([]);
  expect(alone.warnings.filter((line) => line.includes('another Go runtime'))).toEqual([]);
});
