// Every input that can't be used: one clear sentence and the exit code, never a stack trace. Damaged images: what is readable, or such a sentence.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeElf } from '../support/elf-writer.js';
import {
  expectRefusal,
  expectShownOrRefused,
  json,
  output,
  run,
  sample,
  sampleFiles,
  TempFolder,
} from '../support/run-cli.js';

const folder = new TempFolder();
let core = '';
beforeAll(() => {
  core = folder.plain('core', sample.core);
});
afterAll(() => folder.remove());

describe('is refused', () => {
  it('what is no ELF file', () => {
    const text = folder.file('notes.txt', 'hello\n');
    expectRefusal(run(['overview', text]), 3, /neither an ELF binary nor an ELF core/);
    expectRefusal(run(['spans', sample.server, text]), 3, /notes\.txt/);
    expectRefusal(run([text]), 3);
  });
  it('an empty file', () => {
    expectRefusal(run(['overview', folder.file('empty', '')]), 3, /is empty/);
  });
  it('a directory', () => {
    expectRefusal(run(['overview', folder.path]), 3, /directory/);
  });
  it('a device', () => {
    expectRefusal(run(['overview', '/dev/zero']), 3, /\/dev\/zero: /);
  });
  it('a missing file', () => {
    expectRefusal(run(['overview', join(folder.path, 'nothing')]), 3, /nothing: no such file/);
    expectRefusal(run(['spans', sample.server, join(folder.path, 'nothing')]), 3);
  });
  // The superuser reads everything.
  it.skipIf(process.getuid?.() === 0)('a file without permission to read it', () => {
    const file = folder.file('secret', 'x');
    chmodSync(file, 0);
    expectRefusal(run(['overview', file]), 3, /permission/);
  });
  it('a binary that is not Go’s', () => {
    const elf = folder.file(
      'c-program',
      writeElf({ segments: [{ type: 1, flags: 5, vaddr: 0x400000, data: new Uint8Array(64) }] }),
    );
    expectRefusal(run(['overview', elf]), 3, /is not a Go program/);
    expectRefusal(run(['spans', elf, sample.core]), 3, /is not a Go program[\s\S]*name the Go binary/);
    expectRefusal(run(['overview', process.execPath]), 3, /is not a Go program/);
  });
  it('an ELF file that is neither program nor core', () => {
    expectRefusal(
      run(['overview', folder.file('object.o', writeElf({ type: 1 }))]),
      3,
      /neither an executable nor a core/,
    );
  });
  it('two of a kind', () => {
    expectRefusal(run(['overview', sample.server, sample.server]), 3, /second binary/);
    expectRefusal(run(['overview', sample.core, core]), 3, /second core/);
  });
  it('a compressed image of which nothing can be unpacked', () => {
    expectRefusal(
      run(['spans', sample.server, folder.file('core.gz', Uint8Array.of(0x1f, 0x8b, 8, 0))]),
      3,
      /core\.gz: ends in the middle of a gzip member/,
    );
  });
  it('another release’s binary with the core: both Go build IDs, ours first', () => {
    const other = folder.unpacked('other', 'images', 'go1.25-amd64-nodwarf', 'server.gz');
    const result = run(['overview', other, sample.core]);
    const own = /Go build ID ([\w/-]+), the image has ([\w/-]+)/.exec(result.stderr.replace(' is', ''));
    expectRefusal(result, 3, /does not belong to .*core\.sparse: its Go build ID is/);
    expect(own?.[2]).toMatch(/^EkviBgDp0rVrAI92yT16\//);
    expect(own?.[1]).not.toBe(own?.[2]);
    const forced = run(['overview', other, sample.core, '--force', '--json']);
    expect(forced.status).toBe(0);
    expect((JSON.parse(forced.stdout) as { warnings: string[] }).warnings.join('\n')).toContain('--force');
  });
  it('another platform’s binary, also by force', () => {
    const arm = folder.unpacked('arm', 'images', 'go1.23-arm64', 'server.gz');
    for (const force of [[], ['--force']])
      expectRefusal(run(['spans', arm, sample.core, ...force]), 3, /arm64[\s\S]*amd64[\s\S]*another platform/);
  });
  it('an image where one is needed and none is given', () => {
    for (const command of [['spans'], ['span', '0xc000000000']])
      expectRefusal(run([...command, sample.server]), 2, /image is missing/);
  });
  it('verifying a layout without DWARF', () => {
    const bare = folder.unpacked('bare', 'images', 'go1.25-amd64-nodwarf', 'server.gz');
    expectRefusal(run(['layout', 'verify', bare]), 3, /no DWARF/);
  });
});

describe('names with control characters', () => {
  const nasty = 'a\x1b[31mb\x07\x9b2J\u202ec';
  const clean = (text: string) => !/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(text);
  it('never reach the terminal in an error', () => {
    const file = folder.file(nasty, 'hello');
    const result = run(['overview', file]);
    expectRefusal(result, 3);
    expect(clean(result.stderr)).toBe(true);
    expect(clean(run(['overview', join(folder.path, 'missing\x1b[2J')]).stderr)).toBe(true);
    expect(clean(run(['no\x1bsuch', 'x\x1b[2J']).stderr)).toBe(true);
    expect(clean(run(['spans', '--sort', '\x1b[2J', file]).stderr)).toBe(true);
    expect(clean(run(['spans', '--where', 'a\x1b[2J', file]).stderr)).toBe(true);
  });
  it('never reach the terminal in a result, nor in JSON', () => {
    const where = join(folder.path, 'folder\x1b[31m');
    mkdirSync(where);
    const files = [join(where, nasty), join(where, `${nasty}.core`)];
    copyFileSync(sample.server, files[0]!);
    copyFileSync(sample.core, files[1]!);
    for (const format of [['--format', 'table'], ['--json']]) {
      const { status, stdout, stderr } = run(['overview', ...files, '--trace', ...format]);
      expect(status).toBe(0);
      expect(clean(stdout) && clean(stderr)).toBe(true);
    }
    const { image } = JSON.parse(run(['overview', ...files, '--json']).stdout) as { image: { path: string } };
    expect(image.path).toBe(files[1]);
  });
});

describe('cut', () => {
  it('a core without its mspans is not called healthy', () => {
    const cut = join(folder.path, 'cut-for-findings');
    copyFileSync(core, cut);
    truncateSync(cut, Math.floor(statSync(cut).size / 3));
    const files = [sample.server, cut];
    expect(output(['findings', ...files])).toMatch(/^! .*mspans in allspans[\s\S]*none in what could be read\n$/);
    expect(json(['findings', ...files, '--json'])).toMatchObject({
      findings: [],
      complete: false,
      notRead: [expect.stringContaining('mspans in allspans')],
    });
    expect(json(['findings', sample.server, sample.core, '--json'])).toMatchObject({ complete: true, notRead: [] });
  });
  const everywhere = (size: number) =>
    [
      1,
      5,
      16,
      63,
      64,
      100,
      400,
      1000,
      2500,
      4096,
      65536,
      size / 7,
      size / 3,
      size / 2,
      (size * 5) / 6,
      size - 4096,
      size - 1,
    ].map(Math.floor);

  it('the binary, at any place', () => {
    const bytes = readFileSync(sample.server);
    for (const size of everywhere(bytes.length)) {
      const cut = folder.file('cut-server', bytes.subarray(0, size));
      for (const args of [
        ['overview', cut, core],
        ['overview', cut],
        ['layout', 'verify', cut],
      ]) {
        const result = run(args);
        // A table that differs from damaged DWARF is verify's own "no".
        if (args[0] === 'layout' && result.status === 1) continue;
        expectShownOrRefused(result);
      }
    }
  });

  it('the core, at any place: headers, notes, segments', () => {
    const cut = join(folder.path, 'cut-core');
    copyFileSync(core, cut);
    for (const size of everywhere(statSync(core).size).reverse()) {
      truncateSync(cut, size);
      for (const args of [
        ['overview', sample.server, cut, '--json'],
        ['spans', sample.server, cut, '--bits', '--format', 'ndjson'],
        ['overview', cut],
      ])
        expectShownOrRefused(run(args));
    }
  });

  it('the packed sample, at any place', () => {
    const bytes = readFileSync(sample.core);
    for (const size of everywhere(bytes.length))
      expectRefusal(run(['overview', sample.server, folder.file('cut-packed', bytes.subarray(0, size))]), 3);
  });

  it('and what is missing is named', () => {
    const cut = join(folder.path, 'half-core');
    copyFileSync(core, cut);
    truncateSync(cut, Math.floor(statSync(cut).size / 2));
    const { status, stdout } = run(['overview', sample.server, cut, '--json']);
    const result = JSON.parse(stdout) as {
      image: { missing: { start: string; end: string; why: string }[] };
      warnings: string[];
    };
    expect(status).toBe(0);
    expect(result.image.missing.some(({ why }) => why.includes('ends before'))).toBe(true);
    for (const { start, end } of result.image.missing) {
      expect(`${start} ${end}`).toMatch(/^0x[1-9a-f][0-9a-f]* 0x[1-9a-f][0-9a-f]*$/);
      expect(BigInt(start) < BigInt(end)).toBe(true);
    }
    expect(result.warnings.join('\n')).toMatch(/ends at \d+, the file at \d+/);
  });
});

describe('with bytes overwritten', () => {
  it('a core still is shown, or refused in one sentence', () => {
    const bytes = readFileSync(sample.server);
    // A fixed pseudo-random sequence: the same files in every run.
    let state = 1;
    const next = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state % below;
    };
    for (let round = 0; round < 12; round += 1) {
      const server = Buffer.from(bytes);
      for (let i = 0; i < 8; i += 1) server[next(i < 5 ? 0x400 : server.length)] = next(256);
      expectShownOrRefused(run(['overview', folder.file('flipped', server), core, '--force']));
    }
  });
});

it('the sample itself is fine', () => {
  expect(run(['overview', ...sampleFiles]).status).toBe(0);
});
