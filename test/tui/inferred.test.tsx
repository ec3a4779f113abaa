// Screens over the real engine and an image whose release no table covers: every number that an image told is marked, and is what the program said of itself.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSession, type SessionClient } from '../../src/session/client.js';
import type { OpenOptions } from '../../src/session/protocol.js';
import { withoutSections } from '../support/headerless.js';
import { json, run, sample, TempFolder } from '../support/run-cli.js';
import { startTui, type TuiSetup, type TuiUnderTest } from '../support/tui.js';

const truth = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/sample/truth.json'), 'utf8')) as {
  HeapInuse: number;
  HeapObjects: number;
};
const group = (n: number) => n.toLocaleString('en-US');

const folder = new TempFolder();
const server = withoutSections(sample.server, join(folder.path, 'server'));
const files = [server, sample.core];
/** The image's own line and its neighbours are hidden, so that no table fits. */
const without = Array.from({ length: 20 }, (_, i) => `go1.${22 + i}`);
const layout = join(folder.path, 'layout.json');
/** Of a span in use. */
const { base } = json<{ spans: { base: string }[] }>(['spans', ...files, '--state', 'inuse', '--limit', '1']).spans[0]!;

let client: SessionClient;
let running: TuiUnderTest | undefined;
beforeAll(() => {
  client = createSession();
  run(['layout', 'infer', ...files, '--save', layout]);
});
afterEach(() => running?.stop());
afterAll(async () => {
  await client.close();
  folder.remove();
});

function start(options: OpenOptions, setup: TuiSetup = {}): TuiUnderTest {
  running = startTui(client, { request: { files, options }, ...setup });
  return running;
}

/** Words of a line that begin with a digit, without those that a variable's own name or place explains. */
const bare = (line: string) => line.split(/\s+/).filter((word) => /^\d/.test(word));

describe.each([
  ['an inferred layout', { without }, '~inferred'],
  ['a saved inference', { layout }, '~saved go1.27.4/amd64'],
])('with %s', (_, options: OpenOptions, name) => {
  it('the overview marks sums, counters and goroutines', async () => {
    const { screen } = start(options, { rows: 40 });
    const text = await screen.waitFor('HeapInuse');
    expect(text).toContain(`layout        ${name}  ✓ holds for`);
    expect(text).toContain(`✓ HeapInuse     ~${group(truth.HeapInuse)}  gcController.heapInUse`);
    expect(text).toContain(`objects       ~${group(truth.HeapObjects)} `);
    expect(text).toMatch(/ live ~\S+ \S+ {2}marked ~\S+ \S+ {2}GOGC ~100/);
    // What a saved inference has from a table is no inferred number.
    expect(text).toContain(`14 in allgs: ${'without' in options ? '~' : ''}9 waiting`);
    expect(text).not.toContain('✗');
    expect(text).toContain(`layout ${name}`);
  });

  it.each([
    [80, 24],
    [60, 20],
  ])('the span table at %i×%i marks each number and cuts none', async (columns, rows) => {
    const { screen, type } = start(options, { columns, rows });
    type(':spans\r');
    const text = await screen.waitFor(/1 of \d/);
    const shown = text.split('\n').slice(3, rows - 2);
    expect(shown).toHaveLength(rows - 5);
    for (const line of shown) {
      expect(line).toMatch(/^..~0x[0-9a-f]+ .* ~(inuse|manual|free) *$/);
      expect(line).not.toContain('…');
      expect(bare(line.slice(2))).toEqual([]);
    }
  });

  it('a span marks what it says in its head, of a slot and of each field', async () => {
    const { screen, type } = start(options);
    type(':spans state=inuse\r\r');
    const map = await screen.waitFor('slot 0  ');
    expect(map).toMatch(/ ~0x[0-9a-f]+–~0x[0-9a-f]+ {2}~\d+ pages? {2}~inuse/);
    expect(map).toMatch(/freeindex ~\d+\s+nelems ~\d+\s+allocCount ~\d+/);
    expect(map).toMatch(/allocBits ~0x[0-9a-f]+\s+gcmarkBits ~0x[0-9a-f]+/);
    expect(map).toMatch(/slot 0 {2}~0x[0-9a-f]+ {2}~\d/);
    type('\t');
    const fields = await screen.waitFor('[fields]');
    expect(fields).toMatch(/nelems +~\d+ +uint16 +(inferred|user)/);
  });

  it('what is found at an address is marked', async () => {
    const { screen, type } = start(options);
    type(`:find ${base}\r`);
    const found = await screen.waitFor('mapping ');
    expect(found).toMatch(/is +slot ~\d+ .*of span ~0x[0-9a-f]+ \(~(class|large)/);
    expect(found).toMatch(/span +~0x[0-9a-f]+–~0x[0-9a-f]+, ~inuse, ~\d+ pages?/);
  });

  it('the collector’s settings and counters are marked, on a small terminal too', async () => {
    const { screen, type } = start(options, { columns: 60, rows: 16 });
    type(':gc\r');
    expect(await screen.waitFor('marked')).toMatch(/live +~/);
    type('j'.repeat(14));
    expect(await screen.waitFor(/GOGC +~100/)).toMatch(/goal +~/);
    type('G');
    // Down to the last of the cycles, as far as they can be read: all of the screen can be reached.
    const end = await screen.waitFor('layout' in options ? /▶ +1 {2}20.* UTC +\S+ \S+ +– *$/m : /▶ +cycle.* after *$/m);
    expect(end).not.toContain('phase ');
  });
});

describe('goroutines that are read by an inferred layout', () => {
  it('are marked in the lists and one by one', async () => {
    const { screen, type } = start({ without });
    type(':goroutines\r');
    expect(await screen.waitFor('in 4 groups')).toMatch(/ 4 ~waiting/);
    type('\t');
    expect(await screen.waitFor(/▶ +~20 ~waiting /)).toMatch(/^ +~1 ~waiting /m);
    type(':goroutine 20\r');
    const one = await screen.waitFor(/goroutine ~20 \[~waiting/);
    expect(one).toMatch(/stack ~0x[0-9a-f]+–~0x[0-9a-f]+, ~[\d,]+ of ~[\d,]+ bytes in use/);
    type(':threads\r');
    await screen.waitFor(/signal {2}in[\s\S]*^▶ +\d+ +~\d+ /m);
  });
});

describe('the layout that was told', () => {
  it('is counted against the same roots in the status bar as in the story', async () => {
    const { screen, type } = start({ without });
    await screen.waitFor('HeapInuse');
    type('w');
    const text = await screen.waitFor(/\d+ of \d+ confirmed/);
    const [, sure, all] = /(\d+) of (\d+) confirmed/.exec(text)!;
    expect(text).toContain(`· ${Number(all) - Number(sure)} roots ?`);
    expect(text).toContain('  ~ inferred: told from an image; numbers that rest on it are marked ~');
  });
});
