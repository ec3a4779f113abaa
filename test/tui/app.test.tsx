import { afterEach, describe, expect, it } from 'vitest';
import { currentScreen } from '../../tui/navigation.js';
import { addrOf, baseOf, createFakeSession, type FakeOptions } from '../support/fake-session.js';
import { startTui, type TuiSetup, type TuiUnderTest } from '../support/tui.js';

let running: TuiUnderTest | undefined;
afterEach(() => running?.stop());

function start(options: FakeOptions = {}, setup: TuiSetup = {}) {
  const session = createFakeSession(options);
  running = startTui(session, setup);
  return { ...running, session, ui: running };
}

describe('the overview', () => {
  it('is framed at once, then filled', async () => {
    const { screen } = start({ delayMs: 80 });
    const first = await screen.waitFor('opening…');
    expect(first.split('\n')[1]).toBe('─'.repeat(80));
    await screen.waitFor('HeapInuse');
  });

  it('fits 80×24 with version, totals, classes, reconciliation and findings', async () => {
    const { screen } = start();
    const text = await screen.waitFor('GOGC 100');
    for (const part of [
      'go1.22.5 linux/amd64',
      'core.1234',
      '48,211 in use',
      'cycle 812',
      '27n',
      '✓ HeapInuse',
      '✗ HeapAlloc',
      'M fragmentation',
      'go build id matches',
      '✓ holds for 64 of 64',
      'layout table go1.22.5/amd64',
    ]) {
      expect(text, part).toContain(part);
    }
    for (const line of await screen.lines()) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('calls what differs in a process that runs on moving, not wrong', async () => {
    const row = { counter: 'memstats.heapStats', moving: true as const };
    const { screen } = start({
      overview: {
        reconciliation: [
          {
            ...row,
            what: 'HeapAlloc',
            ours: 1_288_490_188,
            runtime: 1_300_000_000,
            agrees: false,
            note: 'a few objects',
          },
        ],
      },
    });
    const text = await screen.waitFor('HeapAlloc');
    expect(text).toMatch(/~ HeapAlloc +1,288,490,188 {2}moving, within 1%\s+memstats\.heapStats 1,300,000,000/);
    expect(text).not.toContain('✗');
  });

  it('is asked for anew by «:refresh», whatever was known before', async () => {
    const options: { overview: NonNullable<FakeOptions['overview']> } = { overview: {} };
    const { screen, type, session } = start(options);
    await screen.waitFor('cycle 812');
    options.overview = { gc: { phase: 'mark', numGC: 813 } };
    type(':refresh\r');
    const text = await screen.waitFor('cycle 813');
    expect(text).toContain('phase mark');
    expect(session.calls.map(({ call }) => call)).toEqual(['openTarget', 'overview', 'openTarget', 'overview']);
  });

  it('shortens a long path rather than what was found about the file', async () => {
    const path = `/srv/${'deep/'.repeat(30)}server`;
    const { screen } = start({
      overview: { binary: { path, goBuildId: 'a/b', gnuBuildId: null, matches: 'go' } },
    });
    const text = await screen.waitFor('GOGC');
    expect(text).toMatch(/binary +….*deep\/server {2}\(go build id matches\)/);
  });

  it('shows what stands below the last class when the cursor is there', async () => {
    const { screen, type } = start({}, { columns: 60, rows: 16 });
    expect(await screen.waitFor('lines more')).not.toContain('findings');
    type('G');
    await screen.waitFor('findings');
    expect((await screen.text()).split('\n').some((line) => line.startsWith('▶'))).toBe(true);
  });

  it('says last what damage means, and calls no table empty that can not be read', async () => {
    const warnings = [1, 2, 3, 4, 5, 6].map((n) => `segment ${n} is cut`);
    const { screen, type } = start({
      spans: 0,
      overview: { spans: null, classes: [], warnings: [...warnings, 'none of the 9 mspans can be read'] },
    });
    const text = await screen.waitFor('none of the 9 mspans');
    expect(text).toContain('segment 1 is cut');
    expect(text).toContain('… 4 more');
    type(':spans\r');
    expect(await screen.waitFor('⨯ no mspan can be read')).not.toContain('has no spans');
  });

  it('names its q by what it does', async () => {
    const { screen, type } = start();
    expect(await screen.waitFor('GOGC')).toContain('q quit');
    type(':layouts\r');
    expect(await screen.waitFor('[structs]')).toContain('q back');
  });

  it('opens the spans of the class under the cursor', async () => {
    const { screen, type, navigation } = start();
    await screen.waitFor('GOGC');
    type('jj\r');
    await screen.waitFor('/class=27 noscan');
    expect(currentScreen(navigation.get())).toMatchObject({
      kind: 'spans',
      query: { filter: 'class=27 noscan state=inuse' },
    });
  });

  it('says why nothing can be shown', async () => {
    const { screen } = start({
      errors: {
        overview: {
          code: 'root-not-found',
          subject: 'runtime.mheap_',
          why: 'no symbol and no DWARF',
          hint: 'name it with --root',
        },
      },
    });
    const text = await screen.waitFor('no symbol and no DWARF');
    expect(text).toContain('name it with --root');
  });

  it('shows unknown numbers as ?, never as 0', async () => {
    const { screen } = start({ overview: { gc: { phase: null, numGC: null, gcPercent: null, heapLive: null } } });
    expect(await screen.waitFor('cycle')).toContain('cycle ?  phase ?  live ?  GOGC ?');
  });
});

describe('the span table', () => {
  it('opens the first span on «:spans» Enter Enter, even typed at once', async () => {
    const { screen, type } = start({ delayMs: 30 });
    type(':spans\r\r');
    const text = await screen.waitFor('freeindex 112');
    expect(text).toContain(`mspan ${addrOf(0)}`);
    expect(text).toContain('allocBits 0x7f3a2c0450a8');
  });

  it('scrolls through a million rows asking only for windows', async () => {
    const { screen, type, session } = start({ spans: 1_000_000 });
    type(':spans\r');
    await screen.waitFor('1 of 1,000,000');
    type('G');
    await screen.waitFor(baseOf(999_999));
    type('\u0015\u0015\u0015');
    await screen.waitFor('999,970 of 1,000,000');
    const windows = session.calls.filter((call) => call.call === 'spanWindow');
    expect(windows.length).toBeLessThan(12);
    for (const { params } of windows) expect((params as { count: number }).count).toBeLessThanOrEqual(128);
  });

  it('keeps the selected row, and its line, when the order changes', async () => {
    const { screen, type } = start({ spans: 500 });
    const selectedLine = (text: string) => text.split('\n').findIndex((line) => line.startsWith(`▶ ${baseOf(300)}`));
    type(`:goto ${baseOf(300)}\r`);
    const before = selectedLine(await screen.waitFor('301 of 500'));
    expect(before).toBeGreaterThan(3);
    type('S');
    const reversed = await screen.waitFor('200 of 500');
    expect(reversed.split('\n').at(-1)).toContain('sort index↓');
    expect(selectedLine(reversed)).toBe(before);
    type('>s');
    expect(selectedLine(await screen.waitFor('sort spanclass↑'))).toBe(before);
  });

  it('filters, keeps the row if it fits, and Esc clears the filter before it goes back', async () => {
    const { screen, type, navigation } = start({ spans: 500 });
    type(':spans\r');
    await screen.waitFor('1 of 500');
    type('jjjjj/class=5\r');
    const text = await screen.waitFor('2 of 100');
    expect(text.split('\n').find((line) => line.startsWith('▶'))).toContain(baseOf(5));
    expect(text).toContain('/class=5');
    type('\u001b');
    await screen.waitFor('6 of 500');
    expect(currentScreen(navigation.get()).kind).toBe('spans');
    type('\u001b');
    await screen.waitFor('GOGC');
  });

  it('says what is wrong with a filter and keeps the table', async () => {
    const { screen, type } = start();
    type(':spans\r');
    await screen.waitFor('1 of 1,000');
    type('/nonsense\r');
    const text = await screen.waitFor('is not understood');
    expect(text).toContain(baseOf(0));
    expect(text).toContain('like class=5');
  });

  it('goes to the row of an address, also through a filter that hides it', async () => {
    const { screen, type } = start({ spans: 100_000 });
    type(`:goto ${baseOf(77_777)}\r`);
    const text = await screen.waitFor('77,778 of 100,000');
    expect(text.split('\n').find((line) => line.startsWith('▶'))).toContain(baseOf(77_777));
    type('/class=5\r');
    await screen.waitFor('of 20,000');
    type(`:goto ${baseOf(101)}\r`);
    await screen.waitFor(`▶ ${baseOf(101)}`);
    type(':goto 0x1\r');
    await screen.waitFor('0x1 is in no span');
  });

  it('shows unreadable as ⨯ and unknown as ?, never as 0', async () => {
    const { screen, type } = start({
      spans: 3,
      rows: {
        0: { freeindex: null, allocCount: null, missing: ['freeindex', 'allocCount'], allocated: null },
        1: { state: null, sizeclass: null, spanclass: null, base: null, missing: ['state', 'spanclass', 'base'] },
        2: { suspect: 'mismatch' },
      },
    });
    type(':spans\r');
    const lines = (await screen.waitFor('1 of 3')).split('\n').slice(3, 6);
    expect(lines[0]).toMatch(/0xc000000000 +5 +48 B +170 +\? +⨯ +⨯ +1,626|0xc000000000 +5 +48 B +170 +\? +⨯ +⨯ +1626/);
    expect(lines[1]).toMatch(/^ +⨯ +⨯/);
    expect(lines[1]?.trimEnd()).toMatch(/⨯$/);
    expect(lines[2]?.trimEnd()).toMatch(/inuse +!$/);
  });

  it('has the span beside it on a wide terminal, following the cursor', async () => {
    const { screen, type } = start({}, { columns: 150, rows: 40 });
    type(':spans\r');
    await screen.waitFor(`mspan ${addrOf(0)}`);
    type('j');
    const text = await screen.waitFor(`mspan ${addrOf(1)}`);
    expect(text).toContain('▓ allocated, not marked');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(150);
  });

  it('copies the address and opens the bytes', async () => {
    const { screen, type, ui } = start();
    type(':spans\r');
    await screen.waitFor('1 of 1,000');
    type('y');
    await screen.waitFor(`copied ${baseOf(0)}`);
    expect(ui.copied()).toEqual([baseOf(0)]);
    type('x');
    await screen.waitFor('ABCDEFGH');
  });
});

describe('one span', () => {
  const open = `:span ${addrOf(0)}\r`;

  it('shows map, legend and the slot under the cursor with its bits', async () => {
    const { screen, type } = start();
    type(open);
    const text = await screen.waitFor('slot 0');
    expect(text).toContain('█ allocated, marked');
    expect(text).toContain('│ freeindex');
    expect(text).toContain(`slot 0  ${baseOf(0)}  48 B  allocated, marked`);
    expect(text).toContain('mark phase: marked so far');
    type('\u001b[B\u001b[C\u001b[C');
    const moved = await screen.waitFor('slot 66  ');
    expect(moved).toContain('0xc000000c60');
    expect(moved).toContain('allocBits[66] 1  gcmarkBits[66] 1  before freeindex');
    type('n');
    expect(await screen.waitFor('slot 100  ')).toContain('allocBits[100] 1  gcmarkBits[100] 0');
    type('n');
    expect(await screen.waitFor('slot 107  ')).toContain('  free');
    type('n');
    await screen.waitFor('contradiction: marked but not allocated');
    type('G');
    await screen.waitFor('slot 169  ');
    await screen.waitFor(/unreadable\n/);
    type('x');
    await screen.waitFor('slot 169');
    await screen.waitFor('memory 0xc000001fb0');
  });

  it('switches to the fields and back with Tab', async () => {
    const { screen, type } = start();
    type(open);
    await screen.waitFor('slot 0');
    type('\t');
    const text = await screen.waitFor('[fields]');
    expect(text).toMatch(/▶ +24 +8 +startAddr +0xc000000000 +uintptr +table/);
    expect(text).toMatch(/speciallock +⨯ unreadable/);
    type('/sweep\r');
    await screen.waitFor(/▶ +88 +4 +sweepgen/);
    type('\t');
    await screen.waitFor('[slot map]');
  });

  it('scrolls a span with thousands of slots', async () => {
    const { screen, type } = start({ detail: { slots: 'f'.repeat(8190), freeindex: 0, nelems: 8190, slotSize: 8 } });
    type(open);
    await screen.waitFor('lines more below');
    type('G');
    const text = await screen.waitFor('slot 8,189');
    expect(text).toContain('▶8128 ');
    type('g');
    await screen.waitFor('slot 0 ');
  });

  it('says why a span has no slots', async () => {
    const { screen, type } = start({ detail: { state: 'manual', slots: '', nelems: 0 } });
    type(open);
    await screen.waitFor('a manual span');
  });

  it('shows the reason where an address belongs to no span', async () => {
    const { screen, type } = start({
      errors: { span: { code: 'address-not-found', subject: '0x10', why: 'is in no span' } },
    });
    type(':span 0x10\r');
    await screen.waitFor('0x10: is in no span');
  });
});

describe('layouts', () => {
  it('lists structs, opens one, compares it with DWARF', async () => {
    const { screen, type } = start({
      verify: { mismatches: [{ struct: 'mspan', field: 'freeindex', table: 48, dwarf: 56 }] },
    });
    type(':layouts\r');
    await screen.waitFor(/mspan +160 +3/);
    type('\r');
    await screen.waitFor(/▶ +24 +8 +startAddr +uintptr/);
    type('v');
    const text = await screen.waitFor('dwarf ✗ differs in 1');
    expect(text).toContain('✗ dwarf 56');
    expect(text).toMatch(/allocBits +\*gcBits +✓/);
    type('q\t\t');
    const verify = await screen.waitFor('[verified]');
    expect(verify).toMatch(/mspan\.freeindex +table 48 {2}dwarf 56/);
  });

  it('marks a release and compares it with another', async () => {
    const { screen, type } = start();
    type(':layouts\r');
    await screen.waitFor('mspan');
    type('\t');
    await screen.waitFor('go1.21.0/amd64');
    type('djjd');
    const text = await screen.waitFor(/\+ largeType +152/);
    expect(text).toContain('go1.22.5/amd64 → go1.21.0/amd64');
    expect(text).toMatch(/− oldField +8/);
    expect(text).toMatch(/→ nelems +56 → +50/);
    expect(text).toMatch(/≠ freeindex +uintptr → uint16/);
  });

  it('takes releases and a struct on the command line', async () => {
    const { screen, type, session } = start();
    await screen.waitFor('GOGC');
    type(':layouts go1.21.0 go1.22.0 mspan\r');
    await screen.waitFor('size 168 → 160');
    expect(session.calls.find((call) => call.call === 'layoutDiff')?.params).toEqual({
      a: 'go1.21.0/amd64',
      b: 'go1.22.0/amd64',
    });
  });
});

describe('everywhere', () => {
  it('helps with ?, filters the help, and closes it', async () => {
    const { screen, type } = start();
    await screen.waitFor('GOGC');
    type('?');
    const text = await screen.waitFor(' keys');
    expect(text).toContain('help');
    type('/quit\r');
    const filtered = await screen.waitFor('/quit');
    expect(filtered).toMatch(/quit/);
    expect(filtered).not.toContain('half a page');
    type('\u001b');
    await screen.waitFor('half a page');
    type('\u001b');
    await screen.waitFor('GOGC');
  });

  it('scrolls the help line by line, and goes from it to the command line', async () => {
    const { screen, type } = start({}, { rows: 16 });
    await screen.waitFor('GOGC');
    type('?');
    await screen.waitFor('lines 1–');
    type('j');
    await screen.waitFor('lines 2–');
    type('G');
    await screen.waitFor(/lines [\d]+–(\d+) of \1/);
    type('kgj:spans\r');
    await screen.waitFor('1 of 1,000');
  });

  it('quits by q at the root, by :q and by Ctrl-C', async () => {
    for (const keys of ['q', ':q\r', '\u0003', ':spans\rqq', '?\u0003', ':ab\u0003']) {
      const { screen, type, ui } = start();
      await screen.waitFor('GOGC');
      type(keys);
      await expect.poll(() => ui.quitted(), { message: JSON.stringify(keys), timeout: 10_000 }).toBe(true);
      ui.stop();
    }
  });

  it('tells of mistakes in words', async () => {
    const { screen, type } = start();
    await screen.waitFor('GOGC');
    type(':spam\r');
    await screen.waitFor('there is no command :spam; did you mean :spans?');
    type(':span 12x\r');
    await screen.waitFor('12x is not an address');
  });

  it('completes with Tab', async () => {
    const { screen, type } = start();
    await screen.waitFor('GOGC');
    type(':ov\t');
    await screen.waitFor(':overview ');
    type('\u0015sp\t');
    await screen.waitFor('spans span');
    type('\u0015spans noscan\r');
    await screen.waitFor('/noscan');
    type(':\u001b[A');
    await screen.waitFor(':spans noscan');
    type('\u001b/\u001b[A');
    await screen.waitFor(' /noscan ');
  });

  it('shows progress of a slow step, and Esc stops it', async () => {
    const { screen, type, navigation } = start({ stuck: ['overview'] });
    await screen.waitFor('reading spans 30% · Esc cancels');
    type('\u001b');
    await screen.waitFor('stopped; r asks again');
    expect(navigation.get().stack).toHaveLength(1);
  });

  it('can stop and repeat the opening', async () => {
    const { screen, type } = start({ stuck: ['openTarget'] });
    await screen.waitFor('Esc cancels');
    type('\u001b');
    await screen.waitFor('stopped; r asks again');
    type('r');
    await screen.waitFor('Esc cancels');
  });

  it('follows the size of the terminal, and says when it is too small', async () => {
    const { screen, ui, type } = start();
    type(':spans\r');
    await screen.waitFor('1 of 1,000');
    ui.resize(100, 40);
    await screen.waitFor('npages');
    expect((await screen.lines())[1]).toBe('─'.repeat(100));
    ui.resize(80, 24);
    const text = await screen.waitFor(/state *\n/);
    expect(text).not.toContain('npages');
    ui.resize(50, 10);
    expect((await screen.waitFor('too small')).trim()).toBe('terminal too small (50×10): needs 60×16');
    ui.resize(80, 24);
    await screen.waitFor('1 of 1,000');
  });

  it('is readable without colour: selection, states and cursor are marked', async () => {
    const { screen, type } = start({}, { color: false });
    type(':spans\r');
    const table = await screen.waitFor('1 of 1,000');
    expect(table).toContain('▶ 0xc000000000');
    type('\r');
    expect(await screen.waitFor('slot 0')).toContain('▶   0 ██');
    expect((await screen.styledCells()).colored).toBe(0);
  });

  it('draws ASCII only with --ascii', async () => {
    const { screen, type } = start({}, { ascii: true, color: false });
    type(':spans\r');
    expect(await screen.waitFor('1 of 1,000')).toMatch(/^[\n -~]*$/);
    type('\r');
    const text = await screen.waitFor('slot 0');
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).toContain('# allocated, marked  + allocated, not marked  . free');
    type('\u001b');
    await screen.waitFor('1 of 1,000');
    type('1');
    expect(await screen.waitFor('GOGC')).toMatch(/^[\n -~]*$/);
  });

  it('never lets escape sequences of an image through', async () => {
    const { screen, writer } = start({
      overview: {
        warnings: ['evil \u001b]0;title\u0007 \u001b[2J name'],
        binary: { path: '/tmp/\u001b[31mred', goBuildId: null, gnuBuildId: null, matches: 'not checked' },
      },
    });
    const text = await screen.waitFor('evil');
    expect(text).toContain('evil ]0;title [2J name');
    expect(text).toContain('/tmp/[31mred');
    expect(writer.frames).toBeGreaterThan(0);
  });

  it('draws only what changed', async () => {
    const { screen, type } = start();
    type(':spans\r');
    await screen.waitFor('1 of 1,000');
    const written: string[] = [];
    const { write } = screen;
    screen.write = (text) => {
      written.push(text);
      write(text);
    };
    type('j');
    await screen.waitFor('2 of 1,000');
    // Two rows and the status bar.
    expect(written.join('').match(/\u001b\[\d+;1H/g)).toHaveLength(3);
    written.length = 0;
    type('r');
    await expect.poll(() => written.join('').match(/\u001b\[\d+;1H/g)?.length, { timeout: 10_000 }).toBe(24);
  });

  it('goes back with q and keeps the cursor of the table', async () => {
    const { screen, type } = start();
    type(':spans\r');
    await screen.waitFor('1 of 1,000');
    type('jjj\r');
    await screen.waitFor(`mspan ${addrOf(3)}`);
    type('q');
    await screen.waitFor('4 of 1,000');
    type('h');
    await screen.waitFor('GOGC');
  });
});
