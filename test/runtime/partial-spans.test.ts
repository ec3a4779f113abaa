// Spans without mheap_, on real images: the program's data overwritten or not dumped, and allspans itself gone too. Truth: the rows of the independent reader.
import { afterAll, describe, expect, it } from 'vitest';
import { overviewOf } from '../../src/analysis/overview.js';
import { spanRow } from '../../src/analysis/span-rows.js';
import { summedSpans } from '../../src/analysis/span-totals.js';
import { overviewText } from '../../src/output/overview-text.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { expectedRow } from '../matrix/expected-row.js';
import { blanked, withoutSegments } from '../support/blank-core.js';
import { run, TempFolder } from '../support/run-cli.js';
import { smallImage, smallImageNames } from '../support/small-images.js';
import { truthRows } from '../support/truth-rows.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const open = (files: readonly string[]) => {
  const target = openTarget({ files, options: {} });
  return { target, process: openProcess(target, {})! };
};

function rowsOf({ memory, layout, spans }: GoProcess) {
  const table = spans()!;
  return Array.from({ length: table.length }, (_, row) => spanRow({ memory, layout, table }, row, true));
}

describe.each(smallImageNames)('%s without its data', (name) => {
  const { server, core, truth: truthFile, copy } = smallImage(folder, name);
  const truth = truthRows(truthFile).map(expectedRow);
  const whole = open([server, core]);
  const data = whole.target.dataRanges;
  const { array, length } = whole.process.allspans!;
  const list = { start: array, end: array + length * whole.target.memory.pointerSize };
  const zeroed = blanked(copy('zeroed'), data);
  const cut = withoutSegments(copy('cut'), data);
  const bare = blanked(copy('bare'), [...data, list]);

  it.each([
    ['overwritten', zeroed],
    ['not dumped', cut],
  ])('%s: every field of every mspan, and that there may be more', (_, file) => {
    const { process } = open([server, file]);
    expect(process.roots.get('runtime.mheap_')?.state).not.toBe('confirmed');
    const rows = rowsOf(process).map(({ suspect: _, ...row }) => row);
    expect(rows).toEqual(truth);
    expect(process.partial).toMatch(
      /^mheap_ can’t be read \(.+\): \d+ mspans, of a list of mspans that holds all \d+ found from the stacks of \d+ threads/,
    );
  });

  it('allspans gone too: what is found is right, and marked', () => {
    const { target, process } = open([server, bare]);
    const right = new Map(truth.map((row) => [row.addr, row]));
    const rows = rowsOf(process).map(({ suspect: _, ...row }) => row);
    for (const row of rows) expect(row).toEqual(right.get(row.addr));
    const inuse = (list: readonly { readonly state?: unknown }[]) =>
      list.filter(({ state }) => state === 'inuse').length;
    expect(inuse(rows)).toBeGreaterThan(inuse(truth) * 0.9);
    expect(process.partial).toMatch(
      /: \d+ mspans found from the stacks of \d+ threads and beside what they lead to; there are more$/,
    );
    const shown = overviewOf(target, process, summedSpans(process));
    expect(shown.spans).toMatchObject({ complete: false, partial: true, total: rows.length });
    expect(shown.warnings).toContain(process.partial);
    expect(shown.reconciliation).toEqual([]);
    const text = overviewText(shown);
    expect(text).toContain('at least ');
    expect(text).toContain('found without mheap_');
    // However its lines were folded.
    expect(text.replace(/\s+/g, ' ')).toContain(process.partial!);
  });
});

describe('on the command line', () => {
  const { server, core, copy } = smallImage(folder, 'go1.16-amd64');
  const { target } = open([server, core]);
  const cut = withoutSegments(copy('cli'), target.dataRanges);

  it('spans exits 0, shows the rows and says on stderr what they are', () => {
    const { status, stdout, stderr } = run(['spans', server, cut, '--format', 'ndjson']);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n').length).toBeGreaterThan(100);
    expect(stderr).toContain('there may be more');
    const { spans, partial } = JSON.parse(run(['spans', server, cut, '--json']).stdout) as Record<string, unknown>;
    expect(spans).toHaveLength(stdout.trimEnd().split('\n').length);
    expect(partial).toContain('mheap_ can’t be read');
  });

  it('findings does not call health what it has not seen', () => {
    const { stdout } = run(['findings', server, cut, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ complete: false, notRead: [expect.stringContaining('mheap_')] });
  });

  it('goroutines says that allgs is missing, and does not call that none', () => {
    const { status, stdout, stderr } = run(['goroutines', server, cut]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain('allgs was not found, or can’t be read');
    expect(JSON.parse(run(['goroutines', server, cut, '--json']).stdout)).toMatchObject({ missing: ['runtime.allgs'] });
    const one = run(['goroutine', '1', server, cut]);
    expect(one.status).toBe(2);
    expect(one.stderr).toContain('allgs was not found');
    expect(run(['goroutines', server, core, '--json']).stdout).not.toContain('"missing"');
  });

  it('--trace tells the story', () => {
    const { stderr } = run(['overview', server, cut, '--trace']);
    expect(stderr).toMatch(/stack: the registers and stacks of \d+ threads lead to/);
    expect(stderr).toMatch(/spans: mheap_ can’t be read/);
  });
});
