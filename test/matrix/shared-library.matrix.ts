// C programs with Go libraries in them: the library, given as the binary or found by what the image names, is placed by its build ID among the mapped files, and its heap is what the library itself
// printed; the same where its file is gone, and where it was linked into the program. Of two libraries each is shown with its own file, and the other told of. Builds them itself: it needs gcc and
// kernel cores in the working folder.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { gcOf } from '../../src/analysis/gc.js';
import { GoroutineList } from '../../src/analysis/goroutines.js';
import { overviewOf } from '../../src/analysis/overview.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { withoutSections } from '../support/damaged-binary.js';
import { manifest } from './prepared.js';

const folder = mkdtempSync(join(tmpdir(), 'spanscope-shared-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const script = fileURLToPath(new URL('../../fixtures/shared-library.mjs', import.meta.url));
const lines = manifest.quick ? ['1.24'] : ['1.13', '1.17', '1.20', '1.24', '1.26', '1.27'];

interface Said {
  readonly heapAlloc: number;
  readonly heapInuse: number;
  readonly stackInuse: number;
}

function look(files: readonly string[]) {
  const opened = openTarget({ files, options: {} });
  const process = openProcess(opened, {})!;
  const { target } = process;
  const table = process.spans()!;
  const { spans, reconciliation, warnings, image } = overviewOf(target, process, table);
  const roots = process.allRoots();
  const rows = [table.base, table.npages, table.state, table.allocCount, table.sweepgen];
  const gc = gcOf(process, spans!);
  const goroutines = new GoroutineList(process).goroutines.map(({ goid, status }) => ({ goid, status }));
  opened.close();
  return { target, spans, reconciliation, warnings, image, roots, rows, gc, goroutines };
}

function made(folder: string, args: readonly string[]): { readonly said: readonly Said[]; readonly why?: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder, ...args], { encoding: 'utf8' });
  if (status === 3) return { said: [], why: stdout.trim() };
  expect(status, stderr).toBe(0);
  return { said: JSON.parse(readFileSync(join(folder, 'stdout.json'), 'utf8')) as Said[] };
}

function expectSaid({ spans, reconciliation }: ReturnType<typeof look>, said: Said) {
  expect(spans).toMatchObject({ heapInuseBytes: said.heapInuse, stackInuseBytes: said.stackInuse });
  // The library allocates a little after it has asked, to say what it was told.
  expect(Number(spans!.heapAllocBytes) - said.heapAlloc).toBeGreaterThanOrEqual(0);
  expect(Number(spans!.heapAllocBytes) - said.heapAlloc).toBeLessThanOrEqual(64);
  expect(reconciliation.length).toBeGreaterThan(2);
  expect(reconciliation.filter(({ agrees }) => !agrees)).toEqual([]);
}

/** What all else is read by. */
const led: readonly string[] = ['mheap_', 'firstmoduledata', 'allgs', 'allp', 'allm', 'memstats', 'work'].map(
  (name) => `runtime.${name}`,
);

/** What the core alone tells is what it tells with the file and its symbols. */
function expectTwin(alone: ReturnType<typeof look>, twin: ReturnType<typeof look>) {
  expect(alone.target.binary).toBeUndefined();
  expect(alone.rows).toEqual(twin.rows);
  expect(alone.goroutines).toEqual(twin.goroutines);
  // Found without code, some are doubtful or not found: never another.
  for (const [name, { address, state }] of alone.roots)
    if (state === 'confirmed' || led.includes(name)) expect(address, name).toBe(twin.roots.get(name)!.address);
  expect(alone.roots.get('runtime.mheap_')!.state).toBe('confirmed');
  const { memstats, derived } = alone.gc;
  expect(memstats.fields).toEqual(twin.gc.memstats.fields);
  for (const [name, value] of Object.entries(derived))
    if (value !== null && name !== 'visibleAs')
      expect(value, name).toEqual(twin.gc.derived[name as keyof typeof derived]);
}

let earlier: string | undefined;

test.for(lines)('go%s: a Go library in a C program', (line, { skip }) => {
  const at = join(folder, line);
  const { said, why } = made(at, [line]);
  if (why !== undefined) skip(why);
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
  for (const way of ways) {
    const { target, warnings, roots } = way;
    expect(target.matches).toBe('go');
    expect(target.trace.join('\n')).toMatch(
      /the binary is \/.*libgo\.so of the image: build IDs are equal\nload bias 0x[0-9a-f]+, from NT_FILE/,
    );
    expectSaid(way, said[0]!);
    expect(warnings).toEqual([]);
    for (const [name, { address, state }] of given.roots) {
      // A word that is nil is borne out by the code where a symbol leads to it; where the code alone does, nothing bears that out.
      const isAlone = way === ways.at(-1) && name === 'runtime.mbuckets' && target.memory.word(address!) === 0;
      expect(roots.get(name), name).toMatchObject({ address, state: isAlone ? 'unconfirmed' : state });
    }
  }
  expect([...given.roots.values()].filter(({ state }) => state === 'confirmed').length).toBeGreaterThan(11);
  // Gone: the core alone, and with the C program.
  const kept = join(at, 'kept');
  renameSync(library, kept);
  for (const files of [[core], [core, join(at, 'host')]]) {
    const alone = look(files);
    expectSaid(alone, said[0]!);
    expectTwin(alone, given);
    expect(alone.image!.goFile).toMatchObject({ path: library, goBuildId: given.target.binary!.info.goBuildId });
    expect(
      alone.warnings.filter((warning) => !/^there is no binary: .*libgo\.so|: go1\.\S+ is a guess/.test(warning)),
    ).toEqual([]);
  }
  renameSync(kept, library);
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

test.for(
  manifest.quick
    ? [['1.24', '1.17']]
    : [
        ['1.24', '1.17'],
        ['1.13', '1.21'],
        ['1.27', '1.27'],
      ],
)('two Go libraries, of go%s and go%s', ([one, two], { skip }) => {
  const at = join(folder, `${one}-${two}`);
  const { said, why } = made(at, [one!, two!]);
  if (why !== undefined) skip(why);
  const core = join(at, 'core');
  const libraries = ['libgo.so', 'libgo2.so'].map((name) => join(at, name));
  const others = ({ warnings }: ReturnType<typeof look>) =>
    warnings.filter((line) => line.includes('another Go runtime'));
  // With each file the heap is its own, and the other is named with its version, known or guessed.
  const expectOne = (shown: ReturnType<typeof look>, index: number) => {
    expectSaid(shown, said[index]!);
    expect(others(shown)).toEqual([
      expect.stringMatching(
        new RegExp(`, go${[one, two][1 - index]}\\.\\d+( \\(a guess\\))?, .* in ${libraries[1 - index]} `),
      ),
    ]);
  };
  const twins = libraries.map((library) => look([library, core]));
  twins.forEach(expectOne);
  const alone = look([core]);
  expectOne(alone, libraries.indexOf(alone.target.binary!.info.path!));
  // Elsewhere, so that the core alone has none; copies of one build are told apart by their names.
  const kept = libraries.map((library) => join(at, 'kept', basename(library)));
  mkdirSync(join(at, 'kept'));
  for (const [i, library] of libraries.entries()) renameSync(library, kept[i]!);
  for (const [i, library] of kept.entries()) expectOne(look([library, core]), i);
  const bare = look([core]);
  const shown = libraries.indexOf(bare.target.holder!.path!);
  expectOne(bare, shown);
  expectTwin(bare, twins[shown]!);
});

test.for(
  manifest.quick
    ? [['1.24', '1.24']]
    : [
        ['1.24', '1.24'],
        ['1.17', '1.26'],
        ['1.27', '1.13'],
      ],
)('a library of go%s in a program of go%s', ([library, line], { skip }) => {
  const at = join(folder, `${library}-in-${line}`);
  const { said, why } = made(at, [library!, line!, 'go']);
  if (why !== undefined) skip(why);
  const [host, part, core] = ['host', 'libgo.so', 'core'].map((name) => join(at, name)) as [string, string, string];
  const expectOne = (shown: ReturnType<typeof look>, own: Said, other: string, release: string) => {
    expectSaid(shown, own);
    expect(shown.warnings.filter((text) => text.includes('another Go runtime'))).toEqual([
      expect.stringMatching(new RegExp(`, go${release}\\.\\d+( \\(a guess\\))?, .* in ${other} `)),
    ]);
  };
  expectOne(look([part, core]), said[0]!, host, line!);
  expectOne(look([host, core]), said[1]!, part, library!);
  // The library's file gone, then the program's too.
  renameSync(part, join(at, 'kept'));
  expectOne(look([host, core]), said[1]!, part, library!);
  renameSync(host, join(at, 'kept too'));
  const alone = look([core]);
  expectOne(alone, said[1]!, part, library!);
  expect(alone.target.holder).toMatchObject({ path: host, isProgram: true });
});

test.for(lines.flatMap((line) => ['pie', 'static'].map((link) => [line, link] as const)))(
  'go%s: a Go archive in a C program, linked %s, whose file is gone',
  ([line, link], { skip }) => {
    const at = join(folder, `${line}-${link}`);
    const { said, why } = made(at, [line, link]);
    if (why !== undefined) skip(why);
    const [host, core] = [join(at, 'host'), join(at, 'core')];
    const twin = look([host, core]);
    expectSaid(twin, said[0]!);
    expect(twin.warnings).toEqual([]);
    renameSync(host, join(at, 'kept'));
    const alone = look([core]);
    expectSaid(alone, said[0]!);
    expectTwin(alone, twin);
    expect(alone.image!.goFile).toMatchObject({ path: host });
  },
);

test.for(manifest.quick ? ['1.24'] : ['1.17', '1.24', '1.27'])(
  'go%s: a running C program with two Go libraries, whose files are there, then gone',
  async (line, { skip }) => {
    const at = join(folder, `live-${line}`);
    const { why } = made(at, [line, line]);
    if (why !== undefined) skip(why);
    const [first, second] = ['libgo.so', 'libgo2.so'].map((name) => join(at, name));
    const child = spawn(join(at, 'host'), [first!, second!], { env: { HOLD: '1' } });
    try {
      // Each library prints two lines.
      const said = await new Promise<Said[]>((resolve) => {
        let text = '';
        child.stdout.on('data', (chunk) => {
          text += chunk;
          const all = text.split('\n');
          if (all.length > 4) resolve([all[1]!, all[3]!].map((each) => JSON.parse(each) as Said));
        });
      });
      const pid = `pid:${child.pid}`;
      const expectEither = (shown: ReturnType<typeof look>, index: number) => {
        expect(shown.spans).toMatchObject({ stackInuseBytes: said[index]!.stackInuse });
        expect(shown.reconciliation.filter(({ agrees }) => !agrees)).toEqual([]);
        expect(shown.warnings.filter((warning) => warning.includes('another Go runtime'))).toEqual([
          expect.stringContaining(` in ${[first, second][1 - index]} (`),
        ]);
      };
      const named = look([pid]);
      expectEither(named, named.target.binary!.info.path!.endsWith('libgo.so') ? 0 : 1);
      for (const [i, path] of [first!, second!].entries()) expectEither(look([path, pid]), i);
      for (const path of [first!, second!]) rmSync(path);
      const gone = look([pid]);
      expectEither(gone, gone.target.holder!.path === first ? 0 : 1);
      expect(gone.goroutines).toEqual(
        named.target.binary!.info.path!.endsWith('libgo.so') === (gone.target.holder!.path === first)
          ? named.goroutines
          : expect.anything(),
      );
    } finally {
      child.kill('SIGKILL');
    }
  },
);
