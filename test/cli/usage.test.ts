// The command line itself: options anywhere, formats that agree, limits that are said, help, and wrong usage with exit code 2.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  expectRefusal,
  json,
  lines,
  output,
  root,
  run,
  runUntil,
  sample,
  sampleFiles,
  TempFolder,
} from '../support/run-cli.js';

type Row = Record<string, unknown> & { addr: string; elemsize: number; state: string };

const folder = new TempFolder();
afterAll(() => folder.remove());
const rowsOf = (...options: string[]) =>
  lines<Row>(output(['spans', ...sampleFiles, '--format', 'ndjson', ...options]));
const total = rowsOf().length;
/** Columns of a text. */
const longest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

describe('wrong usage exits 2, naming what is wrong', () => {
  it.each([
    [['spans'], /no file/],
    [['overview'], /no file/],
    [['layout', 'verify'], /no file/],
    [['layout', 'generate'], /no file/],
    [['nonsense'], /unknown command/],
    [['nonsense', '--help'], /unknown command/],
    [['layout'], /needs a command/],
    [['layout', 'frobnicate'], /unknown command/],
    [['layout', 'show'], /no release/],
    [['layout', 'show', 'go1.24/pdp11'], /pdp11/],
    [['layout', 'show', 'go1.24/amd64', 'nosuch'], /nosuch/],
    [['layout', 'show', 'go1.24/amd64', 'mspan+99999'], /mspan has/],
    [['layout', 'show', 'whatever'], /whatever/],
    [['layout', 'diff', 'go1.24.0'], /two releases/],
    [['layout', 'diff', 'go1.24.0', 'go1.25.0', 'mspan', 'x'], /too many/],
    [['spans', '--frobnicate'], /unknown option/],
    [['spans', '--limt', '3'], /Did you mean --limit/],
    [['spans', '--limit'], /--limit/],
    [['spans', '--limit', 'many'], /no whole number/],
    [['spans', '--limit', '-1'], /no whole number/],
    [['spans', '--limit', '1.5'], /no whole number/],
    [['spans', '--format', 'xml'], /table, json, ndjson, csv/],
    [['spans', '--state', 'running'], /free, inuse, manual/],
    [['spans', '--state', ''], /free, inuse, manual/],
    [['spans', '--class', 'big'], /size class/],
    [['spans', '--min-pages', 'x'], /no whole number/],
    [['spans', '--sort', 'beauty'], /none of/],
    [['spans', '--where', 'beauty>3'], /no column beauty/],
    [['spans', '--where', 'constructor=1'], /no column constructor/],
    [['spans', '--root', 'mheap_'], /NAME=ADDRESS/],
    [['spans', '--root', 'mheap_=somewhere'], /no address/],
    [['spans', '--root', 'beauty=0x1'], /looked for/],
    [['spans', '--root', 'mheap_=0'], /--root mheap_=0: is nil/],
    [['overview', '--root', 'runtime.allgs=0x0'], /--root runtime.allgs=0x0: is nil/],
    [['spans', '--bias', 'x'], /no address/],
    [['spans', '--pid', 'x'], /no process id/],
    [['spans', '--go', 'python3'], /no Go version/],
    [['spans', '--without', 'x'], /no release line/],
    [['overview', '--format', 'csv'], /no rows/],
    [['span'], /no address/],
    [['span', 'here'], /is no address/],
    [['span', '0x20000000000000'], /is no address/],
    [['span', '-5'], /-5/],
    [['span', '0x10'], /belongs to no span/],
    [['span', '0'], /belongs to no span/],
  ] as const)('%j', (args, says) => {
    const needsFiles =
      !['layout', 'nonsense'].includes(args[0]) && !/no file|needs a command|no address given/.test(says.source);
    const files = needsFiles && !(args[0] === 'span' && args.length === 1) ? sampleFiles : [];
    expectRefusal(run([...args, ...files]), 2, says);
  });
});

describe('help', () => {
  const commands = [
    'overview',
    'spans',
    'span',
    'layout',
    'layout list',
    'layout show',
    'layout diff',
    'layout verify',
    'layout generate',
    'demo',
  ];
  it.each(commands)('%s --help: what it does, its options, an example', (command) => {
    const text = output([...command.split(' '), '--help']);
    expect(text).toMatch(new RegExp(`^Usage: spanscope ${command}`));
    expect(text).toContain('--limit');
    expect(longest(text)).toBeLessThanOrEqual(80);
    expect(text).toMatch(new RegExp(`^ {2}\\$ spanscope ${command}`, 'm'));
    expect(output([...command.split(' '), '-h'])).toBe(text);
  });
  it('names the formats that only some commands have', () => {
    for (const command of ['goroutines', 'goroutine']) {
      const text = output([command, '--help']);
      expect(text.match(/--format <format>/g)).toHaveLength(1);
      expect(text).toMatch(/--format <format> .*\btraceback\b/);
    }
    expect(output(['threads', '--help'])).not.toContain('traceback');
  });
  it('names every command', () => {
    const text = output(['--help']);
    for (const command of commands) expect(text).toContain(`  ${command} `);
    expect(longest(text)).toBeLessThanOrEqual(80);
  });
  it('tells the version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    for (const args of [['--version'], ['-V'], ['overview', '--version']])
      expect(output(args)).toBe(`spanscope ${version}\n`);
  });
});

describe('options and files stand in any order', () => {
  const expected = output(['spans', ...sampleFiles, '--format', 'ndjson', '--limit', '5']);
  it.each([
    ['spans', '--format', 'ndjson', '--limit', '5', sample.core, sample.server],
    ['--limit', '5', 'spans', sample.server, '--format', 'ndjson', sample.core],
    ['--format=ndjson', '--limit=5', 'spans', sample.core, sample.server],
    ['spans', sample.server, '--limit', '5', sample.core, '--quiet', '--format', 'ndjson'],
    ['spans', '--format', 'ndjson', '--limit', '5', '--', sample.core, sample.server],
  ])('%s %s …', (...args) => {
    expect(output(args)).toBe(expected);
  });
  it('without a command and a terminal the overview is printed', () => {
    expect(output(sampleFiles)).toBe(output(['overview', ...sampleFiles]));
    for (const args of [[], ['demo']]) expect(output(args)).toContain('go1.27');
  });
});

describe('formats agree', () => {
  it('ndjson, json, csv and the table show the same rows', () => {
    const rows = rowsOf('--bits');
    const document = json<{ schemaVersion: number; total: number; shown: number; spans: Row[] }>([
      'spans',
      ...sampleFiles,
      '--bits',
    ]);
    expect(document).toMatchObject({ schemaVersion: 1, total, shown: total });
    expect(document.spans).toEqual(rows);
    const [header = '', ...csv] = output(['spans', ...sampleFiles, '--bits', '--format', 'csv'])
      .trimEnd()
      .split('\n');
    const names = header.split(',');
    const cell = (value: unknown) =>
      value === null || value === undefined ? '' : Array.isArray(value) ? value.join(' ') : String(value);
    expect(csv).toEqual(rows.map((row) => names.map((name) => cell(row[name])).join(',')));
    expect(Object.keys(rows[0]!).every((name) => names.includes(name))).toBe(true);
    const [, ...table] = output(['spans', ...sampleFiles, '--limit', '0'])
      .trimEnd()
      .split('\n');
    expect(table.length).toBe(total);
    for (const [i, line] of table.entries()) expect(line).toContain(` ${rows[i]!.addr} `);
  });
  it('a limited table says so, and a limited document has its counts', () => {
    const text = output(['spans', ...sampleFiles]);
    expect(text).toMatch(/^showing 50 of 1,082 \(--limit 0 for all\)$/m);
    expect(text.trimEnd().split('\n')).toHaveLength(52);
    expect(output(['spans', ...sampleFiles, '--limit', '7'])).toContain('showing 7 of 1,082');
    expect(output(['spans', ...sampleFiles, '--limit', '0'])).not.toContain('showing');
    expect(rowsOf('--limit', '7')).toEqual(rowsOf().slice(0, 7));
    expect(json(['spans', ...sampleFiles, '--limit', '7'])).toMatchObject({ total, shown: 7 });
    expect(output(['spans', ...sampleFiles, '--state', 'manual'])).toContain('11 of 1,082 spans match');
  });
  it('one span is the same in json and ndjson, and by any address inside it', () => {
    const row = rowsOf('--bits', '--state', 'inuse').find(({ elemsize }) => elemsize === 1024)!;
    const shown = json<Row>(['span', row.addr, ...sampleFiles]);
    expect(shown).toMatchObject(row);
    expect(JSON.parse(output(['span', row.addr, ...sampleFiles, '--format', 'ndjson']))).toEqual(shown);
    const inside = BigInt(row.base as string) + 1500n;
    expect(json(['span', `0x${inside.toString(16)}`, ...sampleFiles])).toEqual(shown);
    expect(json(['span', inside.toString(), ...sampleFiles])).toEqual(shown);
  });
});

describe('filters and sorting', () => {
  it('by state, class, kind and expression', () => {
    const all = rowsOf();
    const inuse = all.filter(({ state }) => state === 'inuse');
    expect(rowsOf('--state', 'inuse')).toEqual(inuse);
    expect(rowsOf('--state', 'inuse,manual')).toEqual(all.filter(({ state }) => state !== 'free'));
    expect(rowsOf('--class', '6n', '--state', 'inuse')).toEqual(inuse.filter(({ spanclass }) => spanclass === 13));
    expect(rowsOf('--scan', '--state', 'inuse')).toEqual(inuse.filter(({ noscan }) => noscan === false));
    expect(rowsOf('--noscan')).toEqual(all.filter(({ noscan }) => noscan));
    expect(rowsOf('--min-pages', '4')).toEqual(all.filter(({ npages }) => Number(npages) >= 4));
    expect(rowsOf('--where', 'inuse elemsize>=1k !noscan')).toEqual(
      inuse.filter(({ elemsize, noscan }) => elemsize >= 1024 && !noscan),
    );
    expect(rowsOf('--suspect')).toEqual(all.filter(({ suspect }) => suspect !== undefined));
  });
  it('by any column, also the other way round', () => {
    const sizes = rowsOf('--sort', 'elemsize').map(({ elemsize }) => elemsize);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(rowsOf('--sort', 'elemsize', '--reverse').map(({ elemsize }) => elemsize)).toEqual([...sizes].reverse());
    expect(rowsOf('--reverse')).toEqual(rowsOf().reverse());
  });
});

describe('what stands on the streams', () => {
  it('a closed pipe is no error', async () => {
    const result = await runUntil(['spans', ...sampleFiles, '--bits', '--format', 'ndjson'], (read) =>
      read.includes('\n'),
    );
    expect(result).toEqual({ status: 0, stderr: '' });
  });
  it('no colour, whatever the environment says', () => {
    for (const env of [{ NO_COLOR: '1' }, { FORCE_COLOR: '1' }, {}])
      expect(run(['overview', ...sampleFiles], { env: { ...process.env, ...env } }).stdout).not.toContain('\x1b');
  });
  it('--trace says on stderr how things were found, and --quiet nothing', () => {
    const { stdout, stderr } = run(['overview', ...sampleFiles, '--trace']);
    expect(stderr).toMatch(/^spanscope: root runtime\.mheap_: confirmed by symtab at 0x[0-9a-f]+/m);
    expect(stderr).toMatch(/^spanscope: opened in \d+ ms$/m);
    expect(stdout).toBe(output(['overview', ...sampleFiles]));
    expect(run(['overview', ...sampleFiles, '--trace', '--quiet']).stderr).toBe('');
  });
  it('--ascii draws slots without other characters', () => {
    const { addr } = rowsOf('--state', 'inuse')[0]!;
    expect(
      output(['span', addr, ...sampleFiles, '--ascii'])
        .split('\n')
        .filter((line) => /^ +\d+ [#+.!?|]+$/.test(line)).length,
    ).toBeGreaterThan(0);
  });
});

describe('overrides', () => {
  it('a root by hand, right and wrong', () => {
    const { roots } = json<{ roots: Record<string, { address: string; method: string }> }>([
      'overview',
      ...sampleFiles,
    ]);
    const { address } = roots['runtime.mheap_']!;
    const right = json<{ roots: Record<string, { method: string }> }>([
      'overview',
      ...sampleFiles,
      '--root',
      `mheap_=${address}`,
    ]);
    expect(right.roots['runtime.mheap_']).toMatchObject({ address, method: 'override', state: 'confirmed' });
    const wrong = json<{ roots: Record<string, { method: string }>; warnings: string[] }>([
      'overview',
      ...sampleFiles,
      '--root',
      'mheap_=0x1000',
    ]);
    expect(wrong.roots['runtime.mheap_']).toMatchObject({ address, method: 'symtab', state: 'confirmed' });
    expect(wrong.warnings.join()).toContain('override says 0x1000, which does not hold it');
  });
  it('another Go version, whose layout does not fit, is refused by the image', () => {
    const { layout, warnings } = json<{ layout: { name: string }; warnings: string[] }>([
      'overview',
      ...sampleFiles,
      '--go',
      'go1.18.3',
    ]);
    expect(layout.name === 'dwarf' || warnings.length > 0).toBe(true);
  });
  it('raw regions with the binary', () => {
    const core = folder.plain('core', sample.core);
    const regions = folder.file(
      'regions.txt',
      loads(core)
        .map(([address, offset, length]) => `0x${address.toString(16)} ${core} ${offset} ${length}\n`)
        .join(''),
    );
    expect(output(['spans', sample.server, '--regions', regions, '--format', 'ndjson', '--bits'])).toBe(
      output(['spans', ...sampleFiles, '--format', 'ndjson', '--bits']),
    );
    expectRefusal(run(['spans', '--regions', regions]), 2, /name the Go binary/);
  });
});

/** PT_LOAD segments of an ELF64 little-endian core: address, file offset, length. */
function loads(path: string): [bigint, bigint, bigint][] {
  const bytes = readFileSync(path);
  const table = Number(bytes.readBigUInt64LE(32));
  return Array.from({ length: bytes.readUInt16LE(56) }, (_, i) => table + i * 56)
    .filter(
      (at) =>
        bytes.readUInt32LE(at) === 1 &&
        bytes.readBigUInt64LE(at + 32) > 0n &&
        bytes.readBigUInt64LE(at + 16) < 2n ** 53n,
    )
    .map((at) => [bytes.readBigUInt64LE(at + 16), bytes.readBigUInt64LE(at + 8), bytes.readBigUInt64LE(at + 32)]);
}
