// `layout generate` by the built program: what it writes serves its own binary, and what it refuses.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTable } from '../../src/layout/load.js';
import { showLayout } from '../../src/layout/show.js';
import { expectRefusal, json, output, run, sample, sampleFiles, TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
let arm64 = '';
beforeAll(() => {
  arm64 = folder.unpacked('server-arm64', 'images', 'go1.23-arm64', 'server.gz');
});
afterAll(() => folder.remove());

const at = (...parts: string[]) => join(folder.path, ...parts);

interface Generated {
  readonly measured: readonly { goVersion: string; os: string; arch: string; structs: number; fields: number }[];
  readonly files: readonly string[];
}

describe('layout generate', () => {
  it('writes a file that serves the binary and its image', () => {
    const file = at('sample.json');
    const { measured, files } = json<Generated>(['layout', 'generate', sample.server, '--save', file]);
    expect(files).toEqual([file]);
    expect(measured).toMatchObject([{ os: 'linux', arch: 'amd64' }]);
    expect(measured[0]?.structs).toBeGreaterThan(80);
    expect(measured[0]?.fields).toBeGreaterThan(600);
    const { table } = loadTable(file);
    expect(table).toMatchObject({ arch: 'amd64', pointerSize: 8, byteOrder: 'little' });
    expect(table.releases).toEqual([measured[0]?.goVersion]);

    const verified = json<{ mismatches: unknown[]; checked: number }>([
      'layout',
      'verify',
      sample.server,
      '--layout',
      file,
    ]);
    expect(verified).toMatchObject({ mismatches: [], checked: measured[0]?.fields });
    const { layout } = json<{ layout: { source: string; validated: { ok: boolean } } }>([
      'overview',
      ...sampleFiles,
      '--layout',
      file,
    ]);
    expect(layout).toMatchObject({ source: 'user', validated: { ok: true } });
  });

  it('says the same as the table that is shipped', () => {
    const { releases } = loadTable(at('sample.json')).table;
    const own = showLayout(`${releases[0]}/amd64`);
    const text = output(['layout', 'generate', sample.server, '--quiet']);
    const { structs } = JSON.parse(text) as {
      structs: Record<string, { size: string[]; fields: Record<string, string[]> }>;
    };
    for (const [name, { size, fields }] of Object.entries(structs)) {
      expect(size, name).toEqual([`${releases[0]}.. ${own.structs[name]?.size}`]);
      for (const [field, [run]] of Object.entries(fields)) {
        const place = own.structs[name]?.fields[field];
        expect(run, `${name}.${field}`).toBe(`${releases[0]}.. ${place?.offset} ${place?.size} ${place?.type}`);
      }
    }
  });

  it('writes a table to stdout, and what it measured to stderr', () => {
    const { status, stdout, stderr } = run(['layout', 'generate', arm64]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^spanscope: .*server-arm64: go1\.23\.\d+ linux\/arm64, \d+ structs with \d+ fields\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ os: 'linux', arch: 'arm64', schema: 1 });
  });

  it('writes a file for each arch into a folder, and keeps what a file holds if told so', () => {
    const { files } = json<Generated>(['layout', 'generate', sample.server, arm64, '--folder', at('tables')]);
    expect(files).toEqual([at('tables', 'linux-amd64.json'), at('tables', 'linux-arm64.json')]);
    const older = folder.unpacked('server-1.16', 'images', 'go1.16-amd64', 'server.gz');
    const kept = ['layout', 'generate', older, '--folder', at('tables')];
    expect(output([...kept, '--keep'])).toMatch(/go1\.16\.15 linux\/amd64[^\n]*\nwritten: [^\n]*linux-amd64\.json\n$/);
    expect(loadTable(at('tables', 'linux-amd64.json')).table.releases).toHaveLength(2);
    output(kept);
    expect(loadTable(at('tables', 'linux-amd64.json')).table.releases).toEqual(['go1.16.15']);
  });

  it('a layout of another arch or release is not used in silence', () => {
    output(['layout', 'generate', arm64, '--save', at('arm64.json')]);
    expectRefusal(
      run(['overview', ...sampleFiles, '--layout', at('arm64.json')]),
      3,
      /is for arm64, the binary for amd64/,
    );
    const table = JSON.parse(readFileSync(at('sample.json'), 'utf8')) as object;
    for (const [change, message] of [
      [{ pointerSize: 4 }, /the table is 32-bit little-endian, the binary 64-bit little-endian/],
      [{ byteOrder: 'big' }, /the table is 64-bit big-endian/],
      [{ releases: [] }, /changed\.json: holds nothing for go1/],
    ] as const) {
      writeFileSync(at('changed.json'), JSON.stringify({ ...table, ...change }));
      expectRefusal(run(['overview', ...sampleFiles, '--layout', at('changed.json')]), 3, message);
    }
    expect(output(['overview', ...sampleFiles, '--layout', at('sample.json')])).toMatch(/ of --layout; validated/);
    const other = run(['overview', ...sampleFiles, '--layout', at('tables', 'linux-amd64.json'), '--json']);
    expect(other.status).toBe(0);
    const { layout, warnings } = JSON.parse(other.stdout) as {
      layout: { validated: { ok: boolean } };
      warnings: string[];
    };
    expect(layout.validated.ok).toBe(false);
    expect(warnings.join('\n')).toMatch(/does not fit this image/);
  });
});

describe('is refused', () => {
  it.each([
    [[], /no file given/],
    [[sample.server, '--save', 'a', '--folder', 'b'], /one or the other/],
    [[sample.server, '--keep'], /needs --save FILE or --folder DIR/],
    [[sample.server, '--format', 'csv'], /no rows/],
    [[sample.server, '--frobnicate'], /unknown option/],
  ])('%j', (words, says) => {
    expectRefusal(run(['layout', 'generate', ...words]), 2, says);
  });

  it('binaries of two arches in one file', () => {
    expectRefusal(run(['layout', 'generate', sample.server, arm64]), 2, /linux\/amd64, linux\/arm64[\s\S]*--folder/);
    expectRefusal(run(['layout', 'generate', sample.server, arm64, '--save', at('two.json')]), 2, /--folder/);
  });

  it('what can’t be measured', () => {
    const bare = folder.unpacked('nodwarf', 'images', 'go1.25-amd64-nodwarf', 'server.gz');
    expectRefusal(run(['layout', 'generate', bare]), 3, /nodwarf: has no debug information/);
    expectRefusal(run(['layout', 'generate', sample.server, bare, '--save', at('x.json')]), 3, /nodwarf/);
    expectRefusal(run(['layout', 'generate', process.execPath]), 3, /is not a Go program/);
    expectRefusal(run(['layout', 'generate', folder.file('text', 'hello\n')]), 3, /text: /);
    expectRefusal(run(['layout', 'generate', folder.file('empty', '')]), 3, /empty/);
    expectRefusal(run(['layout', 'generate', at('missing')]), 3, /missing: no such file/);
    expectRefusal(run(['layout', 'generate', folder.path]), 3, /directory/);
    expectRefusal(run(['layout', 'generate', folder.plain('core', sample.core)]), 3, /core: /);
  });

  it('to write over what is no layout file, and where nothing can be written', () => {
    const precious = folder.file('precious', 'hello\n');
    expectRefusal(
      run(['layout', 'generate', sample.server, '--save', precious]),
      3,
      /precious: is there and is no layout table/,
    );
    expect(readFileSync(precious, 'utf8')).toBe('hello\n');
    expectRefusal(
      run(['layout', 'generate', sample.server, '--save', at('no', 'such', 'place')]),
      3,
      /can’t be written/,
    );
    expectRefusal(run(['layout', 'generate', sample.server, '--folder', precious]), 3, /precious[^\n]*: /);
  });
});
