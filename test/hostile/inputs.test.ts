// Through the program itself: what a user can name that is broken, and names out of an image that hold escape sequences.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, expectShownOrRefused, root, run, sample, sampleFiles, TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
let core = '';
beforeAll(() => {
  core = folder.plain('core', sample.core);
});
afterAll(() => folder.remove());

/** Control characters but the newline, and those that turn the direction of text. */
const harmful = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe('raw regions', () => {
  it('that overlap are refused', () => {
    const raw = folder.file('raw', new Uint8Array(65536));
    expectRefusal(run(['overview', sample.server, `${raw}@0xc000000000`, `${raw}@0xc000001000`]), 3, /overlaps/);
    const regions = folder.file(
      'regions.json',
      `[{"file":${JSON.stringify(raw)},"address":"0x1000"},{"file":${JSON.stringify(raw)},"address":"0x2000"}]`,
    );
    expectRefusal(run(['overview', sample.server, '--regions', regions]), [2, 3]);
  });
  it.each([
    '@',
    '@garbage',
    '@0xzz',
    '@-1',
    '@1e3',
    '@0x',
    '@0x20000000000000',
    '@0xffffffffffffffff',
    '@NaN',
    '@0x1000@0x2000',
    '@\u001b[2J',
  ])('FILE%s is refused', (suffix) => {
    const result = run(['overview', sample.server, `${folder.file('raw', new Uint8Array(4096))}${suffix}`]);
    expectRefusal(result, [2, 3]);
    expect(harmful.test(result.stderr)).toBe(false);
  });
  it.each([
    '',
    '{',
    '\u0000\u0001',
    'a b c\nd',
    '[]',
    'null',
    '[{"file":1}]',
    '0x10-0x5 x',
    '{"__proto__":[]}',
    '['.repeat(100_000),
  ])('--regions with %j is refused', (text) => {
    expectRefusal(run(['overview', sample.server, '--regions', folder.file('regions', text)]), [2, 3]);
  });
});

describe('a layout file', () => {
  const good = JSON.parse(readFileSync(join(root, 'layouts', 'linux-amd64.json'), 'utf8')) as Record<string, unknown>;
  const broken: Record<string, string> = {
    'that is empty': '',
    'that is no JSON': '{"schema": 1,',
    'deeply nested': '['.repeat(200_000),
    'that is a list': '[]',
    'with prototype keys': '{"schema":1,"__proto__":{"os":"linux"},"constructor":1}',
    'without structs': JSON.stringify({ ...good, structs: {} }),
    'with structs of the wrong type': JSON.stringify({ ...good, structs: { mspan: 7, mheap: [], g: null } }),
    'with huge offsets': JSON.stringify(good).replaceAll(/(\.\. )\d+ (\d+ )/g, '$11073741823 $2'),
    'with all fields at one place': JSON.stringify(good).replaceAll(/(\.\. )\d+ (\d+ )/g, '$10 $2'),
    'with types that are made of themselves': JSON.stringify({
      ...good,
      types: { spanClass: ['go1.9.0.. spanClass'], a: ['go1.9.0.. [3]a'] },
    }).replaceAll('uint8"', 'a"'),
    'with structs that hold themselves': JSON.stringify(good).replaceAll(/(\.\. \d+ \d+ )[\w.]+"/g, '$1mheap"'),
    'with huge structs': JSON.stringify(good).replaceAll(/("size":\["[^ ]+ )\d+/g, '$11073741824'),
    'with releases that are none': JSON.stringify({ ...good, releases: ['\u001b[2J', 'go1'] }),
  };
  it.each(Object.keys(broken))('%s is refused, or does not fit', (name) => {
    const file = folder.file('layout.json', broken[name]!);
    for (const command of ['overview', 'spans', 'gc']) {
      const result = run([command, sample.server, core, '--layout', file]);
      expectShownOrRefused(result);
      expect(harmful.test(result.stderr + result.stdout)).toBe(false);
    }
  });
});

describe('a folder for --proc', () => {
  it.each([
    ['garbage', '\u001b[2J\nzzzz-1 rwxp\n', Uint8Array.of(1, 2, 3)],
    ['mappings that go back', '2000-1000 rw-p 0 0:0 0\n1000-2000 rw-p 0 0:0 0\n', new Uint8Array(64).fill(0xff)],
    ['nothing', '', new Uint8Array(0)],
  ])('with %s is told of or passed over', (name, maps, auxv) => {
    const path = join(folder.path, `proc-${name}`);
    mkdirSync(path);
    writeFileSync(join(path, 'maps'), maps);
    writeFileSync(join(path, 'auxv'), auxv);
    const result = run(['overview', ...sampleFiles, '--proc', path]);
    expectShownOrRefused(result);
    expect(harmful.test(result.stderr + result.stdout)).toBe(false);
  });
  it('that is none is refused', () => {
    expectRefusal(run(['overview', ...sampleFiles, '--proc', core]), [2, 3], /is no folder/);
  });
});

describe('a compressed file', () => {
  const bomb = gzipSync(new Uint8Array(2 ** 24));
  it.each([
    ['cut', bomb.subarray(0, 1000)],
    ['with a damaged middle', Buffer.from(bomb).fill(0xff, 2000, 2100)],
    ['that is no image', bomb],
    ['that is no more than a magic of zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xff, 0xff)],
    ['that is no more than a magic of xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)],
    ['that is no more than a magic of lz4', Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0xff)],
  ])('%s is refused', (_, bytes) => {
    const cache = join(folder.path, 'cache');
    const result = run(['overview', sample.server, folder.file('core.z', bytes)], {
      env: { ...process.env, XDG_CACHE_HOME: cache },
    });
    expectRefusal({ ...result, stderr: result.stderr.slice(result.stderr.lastIndexOf('spanscope: ')) }, 3);
  });
});

describe('a process that ends while it is read', () => {
  it('is one sentence, whenever it ends', async () => {
    for (const after of [0, 100, 300]) {
      const child: ChildProcess = spawn('sleep', ['30']);
      const asking = new Promise<{ status: number | null; stderr: string }>((resolve) => {
        const cli = spawn(process.execPath, [join(root, 'dist', 'cli.js'), 'spans', `pid:${child.pid}`]);
        let stderr = '';
        cli.stderr.on('data', (piece: Buffer) => {
          stderr += piece.toString();
        });
        cli.on('close', (status) => resolve({ status, stderr }));
      });
      setTimeout(() => child.kill('SIGKILL'), after);
      expectRefusal({ ...(await asking), stdout: '' }, 3);
    }
  });
});

describe('escape sequences in names out of an image', () => {
  it('never reach the terminal', () => {
    const bytes = readFileSync(sample.server);
    const damaged = Buffer.from(bytes);
    // Functions, variables, build settings and paths alike: the beginning of each name becomes an escape sequence.
    for (const name of ['main.', 'runtime.mallocgc', 'build\t', 'path\t', 'mod\t', '/usr/'])
      for (let at = damaged.indexOf(name); at >= 0; at = damaged.indexOf(name, at + 1))
        damaged.set([0x1b, 0x5b, 0x33, 0x31, 0x6d].slice(0, name.length - 1), at);
    const server = folder.file('named', damaged);
    const held = readFileSync(core);
    for (const name of ['GOGC=', 'GODEBUG=', '/usr/', './server', 'server\0'])
      for (let at = held.indexOf(name); at >= 0; at = held.indexOf(name, at + 1))
        held.set([0x1b, 0x5b, 0x6d, 0x9b], at);
    const image = folder.file('named-core', held);
    for (const args of [
      ['overview'],
      ['overview', '--trace'],
      ['overview', '--json'],
      ['gc'],
      ['findings'],
      ['find', '0x401000'],
      ['find', '0x480000'],
    ]) {
      const [command, ...rest] = args;
      const operands = command === 'find' ? [rest[0]!, server, image] : [server, image, ...rest];
      const result = run([command!, ...operands, '--force']);
      expectShownOrRefused(result.status === 0 ? { ...result, stderr: '' } : result);
      expect(harmful.test(result.stdout + result.stderr), args.join(' ')).toBe(false);
    }
  });
});
