// Compressed binaries and images on the command line: the committed images are kept compressed, so they are what is opened here.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectRefusal, root, run, TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());
const image = join(root, 'fixtures', 'images', 'go1.21-amd64-pie');
const files = [join(image, 'server.gz'), join(image, 'core.sparse.gz')];
const home = (name: string) => ({
  ...process.env,
  HOME: folder.path,
  LOCALAPPDATA: join(folder.path, name),
  XDG_CACHE_HOME: join(folder.path, name),
  TMPDIR: folder.path,
  TMP: folder.path,
});
const kept = (name: string) =>
  process.platform === 'win32'
    ? join(folder.path, name, 'spanscope', 'Cache')
    : process.platform === 'darwin'
      ? join(folder.path, 'Library', 'Caches', 'spanscope')
      : join(folder.path, name, 'spanscope');

describe('compressed files', () => {
  it('are unpacked into the cache folder once, and read like others', () => {
    const first = run(['spans', ...files, '--format', 'ndjson'], { env: home('cache') });
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout.split('\n').length).toBeGreaterThan(50);
    expect(readdirSync(kept('cache'))).toHaveLength(2);
    expect(run(['spans', ...files, '--format', 'ndjson'], { env: home('cache') })).toEqual(first);
    expect(readdirSync(kept('cache'))).toHaveLength(2);
    const overview = run(['overview', ...files, '--json'], { env: home('cache') });
    expect(JSON.parse(overview.stdout)).toMatchObject({ binary: { path: files[0], matches: 'go' } });
  });

  it('leave nothing anywhere with --no-cache', () => {
    const before = readdirSync(folder.path);
    expect(run(['overview', ...files, '--no-cache'], { env: home('none') })).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(kept('none'))).toBe(false);
    expect(readdirSync(folder.path)).toEqual(before);
  });

  it('that are cut are used as far as they go, and that is said', () => {
    const whole = readFileSync(files[1]!);
    const cut = join(folder.path, 'cut');
    writeFileSync(cut, whole.subarray(0, whole.length - 1000));
    const { status, stderr, stdout } = run(['overview', files[0]!, cut], { env: home('cut-cache') });
    expect(stderr).toMatch(/cut: ends in the middle of a gzip member: what could be unpacked before is used/);
    // A packed image is of no use without its end.
    expect([status, stdout]).toEqual([3, '']);
    const server = join(folder.path, 'server');
    const binary = readFileSync(files[0]!);
    writeFileSync(server, binary.subarray(0, binary.length - 1000));
    const alone = run(['overview', server], { env: home('cut-cache') });
    expect(alone.stderr).toMatch(/server: ends in the middle of a gzip member/);
    expect(alone).toMatchObject({ status: 0, stdout: expect.stringMatching(/go1\.21/) });
    expect(readdirSync(kept('cut-cache')).filter((name) => name.startsWith('cut'))).toEqual([]);
  });

  it('of which nothing can be unpacked are refused in one line', () => {
    for (const [name, head] of Object.entries({ gz: '1f8b08', zst: '28b52ffd', xz: 'fd377a585a00', lz4: '04224d18' }))
      expectRefusal(
        run(['overview', folder.file(name, Buffer.from(`${head}00112233`, 'hex'))], { env: home('bad') }),
        3,
      );
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'need a cache folder that can be made, or --no-cache',
    () => {
      const env = { ...home('x'), HOME: '/proc/nowhere', XDG_CACHE_HOME: '/proc/nowhere' };
      expectRefusal(run(['overview', ...files], { env }), 3, /--no-cache/);
    },
  );
});
