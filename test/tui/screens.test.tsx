// The screens about the collector, memory, the heap map, findings and provenance, over hand-written answers.
import { afterEach, describe, expect, it } from 'vitest';
import { currentScreen } from '../../tui/navigation.js';
import { gcData } from '../support/fake-answers.js';
import { addrOf, baseOf, createFakeSession, type FakeOptions } from '../support/fake-session.js';
import { startTui, type TuiSetup, type TuiUnderTest } from '../support/tui.js';

let running: TuiUnderTest | undefined;
afterEach(() => running?.stop());

function start(options: FakeOptions = {}, setup: TuiSetup = {}) {
  const session = createFakeSession(options);
  running = startTui(session, setup);
  return { ...running, session, ui: running };
}

describe('the GC screen', () => {
  it('shows live, trigger and goal on one scale, the settings and the cycles', async () => {
    const { screen, type } = start();
    await screen.waitFor('GOGC');
    type('5');
    const text = await screen.waitFor('pauses');
    const line = (part: string) => text.split('\n').find((each) => each.includes(part)) ?? '';
    const bar = line(' heap ');
    const marks = line('▲');
    expect(marks).toMatch(/▲m.*▲t.*▲g/);
    // live is less than half of the goal, marked a little less than live.
    expect(bar.lastIndexOf('█')).toBeGreaterThan(marks.indexOf('▲m') - 1);
    expect(bar.lastIndexOf('█')).toBeLessThan(marks.indexOf('▲t'));
    expect(text).toMatch(/live +879 KiB .*50% of the trigger/);
    expect(text).toMatch(/GOGC +100 +GOGC=50: changed by debug\.SetGCPercent/);
    expect(text).toMatch(/GOMEMLIMIT +none +the default/);
    expect(text).toContain('✓ heapMinimum follow from the other fields');
    expect(text).toMatch(/▶ +3 {2}2026-11-23 00:42:45\.201 UTC +96\.2 µs +12\.0 ms/);
    expect(text).toMatch(/pauses +▂█▄/);
  });

  it('says that nothing bounds the heap', async () => {
    const { screen, type } = start({
      gc: {
        derived: {
          ...gcData.derived,
          heapGoal: '18446744073709551615',
          trigger: null,
          heapLive: null,
          phase: null,
          gcPercent: null,
          heapMinimum: null,
          memoryLimit: null,
          gomaxprocs: null,
          assistWorkPerByte: null,
          assistBytesPerWork: null,
        },
        checks: [{ what: 'heapMinimum', stored: 4096, recomputed: 8192, agrees: false, formula: '4 MiB · GOGC / 100' }],
        history: [],
      },
    });
    type(':gc\r');
    const text = await screen.waitFor('nothing bounds the heap');
    expect(text).toContain('no cycle is recorded');
    expect(text).toMatch(/trigger +\?/);
    expect(text).toContain('✗ heapMinimum is 4,096; 4 MiB · GOGC / 100 gives 8,192');
  });

  it('lists every field, filters them, and says where the program sees one', async () => {
    const { screen, type } = start();
    type(':gc\r');
    await screen.waitFor('pauses');
    type('\t');
    const all = await screen.waitFor('[every field]');
    expect(all).toMatch(/broken +⨯ unreadable/);
    expect(all).toMatch(/memoryLimit +none/);
    expect(all).toMatch(/pause_ns +3 values/);
    type('/heapLive\rj');
    const text = await screen.waitFor('2 of 2');
    expect(text).not.toContain('pause_ns');
    await screen.waitFor(/heapLive = 900,000 \(879 KiB\)[\s\S]*MemStats.HeapAlloc,\s+\/gc\/heap\/live:bytes/);
    type('\u001b');
    await screen.waitFor('pause_ns');
  });
});

describe('memory', () => {
  it('shows words, follows a pointer and comes back', async () => {
    const { screen, type, navigation } = start();
    type(':memory 0xc000001000\r');
    const text = await screen.waitFor('0xc000001000 = 0xc000002000');
    expect(text).toMatch(/▶0xc000001000 +41 42 43 44 45 46 47 48 ABCDEFGH → slot 256/);
    expect(text).toContain('0xc000001000 = 0xc000002000');
    type('\r');
    await screen.waitFor('▶0xc000002000');
    expect(currentScreen(navigation.get())).toMatchObject({ kind: 'memory', address: '0xc000002000' });
    type('j\r');
    await screen.waitFor('points at nothing that the image knows');
    type('\u001b');
    await screen.waitFor('▶0xc000001000');
  });

  it('scrolls both ways over blocks, and marks what is not mapped', async () => {
    const { screen, type } = start();
    type(':memory 0xc000002ff0\r');
    const text = await screen.waitFor('⨯ unmapped: not in the image');
    expect(text).toMatch(/0xc000003000 +⨯ {2}⨯ {2}⨯/);
    expect(text).not.toMatch(/0xc000003000 .*00 00/);
    type('kkk');
    await screen.waitFor('▶0xc000002fd8');
    type(`${'\u001b[5~'.repeat(20)}`);
    await screen.waitFor(/▶0xc00000[12][0-9a-f]{3} .*ABCDEFGH/);
    type('o');
    await screen.waitFor('▶0xc000002ff0');
    type('gc000005000\r');
    await screen.waitFor('▶0xc000005000');
    type('t');
    await screen.waitFor(/▶0xc000005000 +(41 42 43 44 45 46 47 48 ?){2} ABCDEFGHABCDEFGH/);
  });
});

describe('the heap map', () => {
  it('fits the heap, tells cells apart by glyph, and names the one under the cursor', async () => {
    const { screen, type } = start({}, { color: false });
    await screen.waitFor('GOGC');
    type('4');
    const text = await screen.waitFor('cell 1 of 129');
    expect(text).toMatch(/▶0xc000000000 +█▁s░█▁s░/);
    expect(text).toContain('share of the bytes in allocated slots');
    expect(text).toMatch(/0xc000000000–0xc000002000 {2}8 KiB/);
    expect(text).toContain('class 5, without pointers');
    type('t');
    await screen.waitFor(/▶0xc000000000 +iis░iis░/);
    type('t');
    await screen.waitFor(/▶0xc000000000 +ALs░ALs░/);
    type('-');
    await screen.waitFor('a cell is 2 pages, 16 KiB');
    type('+');
    await screen.waitFor('a cell is 1 page, 8 KiB');
    type('G');
    await screen.waitFor('cell 129 of 129');
    expect(await screen.text()).toContain('0xc000200000–');
    await screen.waitFor('⨯ its bytes are not in the image');
  });

  it('opens the first span of a cell, and has none for a free one', async () => {
    const { screen, type } = start();
    type(':arenas\r');
    await screen.waitFor('cell 1 of');
    type('\u001b[C\r');
    await screen.waitFor(`mspan ${addrOf(1)}`);
    type('\u001b\u001b[C\u001b[C\r');
    await screen.waitFor('no span in use begins in this cell');
  });

  it('draws digits instead of shades with --ascii', async () => {
    const { screen, type } = start({}, { ascii: true });
    type(':arenas\r');
    expect(await screen.waitFor(/>0xc000000000 +90s-90s-/)).toMatch(/^[\n -~]*$/);
  });
});

describe('findings', () => {
  it('lists the worst first and leads to the evidence and its address', async () => {
    const { screen, type } = start();
    await screen.waitFor('GOGC');
    type('0');
    const text = await screen.waitFor('H high 1');
    expect(text.indexOf('alloc-count-mismatch')).toBeLessThan(text.indexOf('fragmentation'));
    type('\r');
    expect(await screen.waitFor('what it means')).toContain('A bitmap was overwritten.');
    type('/mspan of\r\r');
    await screen.waitFor('is         slot 3');
    type('x');
    await screen.waitFor('memory 0x7f0000000000');
  });

  it('can be opened from the overview', async () => {
    const { screen, type } = start();
    await screen.waitFor('M fragmentation');
    type('G\r');
    await screen.waitFor('what to do');
  });
});

describe('find', () => {
  it('says what an address is and leads to span and memory', async () => {
    const { screen, type } = start();
    type(':find 0xc000000098\r');
    const text = await screen.waitFor('slot 3 of span');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('the address is 8 bytes into it');
    expect(text).toMatch(/mapping +0xc000000000–0xc004000000 rw-, core: segment 7/);
    type('jjjjjj\r');
    await screen.waitFor('slot 3  ');
    await screen.waitFor(`mspan ${addrOf(0)}`);
  });
});

describe('how it was found', () => {
  it('tells of version, layout, roots, steps and warnings, without their escape sequences', async () => {
    const { screen, type } = start({}, { columns: 80, rows: 40 });
    await screen.waitFor('GOGC');
    type('w');
    const text = await screen.waitFor('steps');
    // It is here that `w` leads.
    expect(text.split('\n').at(-1)).not.toContain('w how');
    expect(text.split('\n').at(-1)).toContain('? help');
    expect(text).toContain('tried on 64 spans of the image: it holds for 64');
    expect(text).toMatch(/✓ runtime\.mheap_ +0x552860 +confirmed/);
    expect(text).toContain('named by the symbol table, confirmed by what it holds');
    expect(text).toContain('64 spans lead back to it');
    expect(text).toMatch(/– runtime\.allgs +– +absent/);
    expect(text).toContain('symtab: runtime.mheap_ at 0x552860');
    expect(text).toContain('segment 3 is cut [31mred');
  });
});

describe('keys that hold everywhere', () => {
  it('F counts the values of a column, and Enter shows the spans with one', async () => {
    const { screen, type, navigation } = start();
    type(':spans\r');
    await screen.waitFor('1 of 1,000');
    type('F');
    await screen.waitFor('each span has its own base');
    type('>F');
    const text = await screen.waitFor('2 values in 1,000 spans');
    expect(text).toMatch(/▶ +5 +750 +75% +5\.86 MiB █+/);
    type('j\r');
    await screen.waitFor('/class=3');
    expect(currentScreen(navigation.get())).toMatchObject({ kind: 'spans', query: { filter: 'class=3' } });
  });

  it("m marks a place, ' comes back to it, :marks lists them", async () => {
    const { screen, type } = start();
    type(':spans\r');
    await screen.waitFor('1 of 1,000');
    type("'");
    await screen.waitFor('nothing is marked yet');
    type('jjjm');
    await screen.waitFor('marked;');
    type('1');
    await screen.waitFor('GOGC');
    type("'");
    await screen.waitFor('4 of 1,000');
    type(':marks\r');
    await screen.waitFor(/▶ spans +line 4/);
  });

  it('e writes the view to a file: all spans, or the lines', async () => {
    const { screen, type, ui } = start({ spans: 300 });
    type(':spans\r');
    await screen.waitFor('1 of 300');
    type('eout.ndjson\r');
    await screen.waitFor('300 lines written to out.ndjson');
    const rows = ui.exported.get('out.ndjson') ?? [];
    expect(JSON.parse(rows[299] ?? '')).toMatchObject({ base: baseOf(299), nelems: 170 });
    type(':export table.txt\r');
    await screen.waitFor('301 lines written to table.txt');
    expect(ui.exported.get('table.txt')?.[1]).toContain(baseOf(0));
    type('5');
    await screen.waitFor('pauses');
    type('egc.txt\r');
    await screen.waitFor('written to gc.txt');
    expect(ui.exported.get('gc.txt')?.join('\n')).toContain('GOMEMLIMIT');
  });

  it('3 goes back to the span looked at last', async () => {
    const { screen, type } = start();
    await screen.waitFor('GOGC');
    type('3');
    await screen.waitFor('no span was looked at yet');
    type(`:span ${addrOf(5)}\r`);
    await screen.waitFor(`mspan ${addrOf(5)}`);
    type('1');
    await screen.waitFor('GOGC');
    type('3');
    await screen.waitFor(`mspan ${addrOf(5)}`);
  });

  it('wraps a message that is longer than the line', async () => {
    const why = `${'this is a long reason '.repeat(8)}to its end`;
    const { screen, type } = start({ errors: { span: { code: 'x', subject: 's', why } } });
    type(':histogram blue\r');
    const text = await screen.waitFor('✗ :histogram takes a column');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('allocated used sweepgen');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('fits 60×16 on every screen', async () => {
    const { screen, type } = start({}, { columns: 60, rows: 16 });
    await screen.waitFor('cycle 812');
    for (const [keys, part] of [
      ['4', 'cell 1 of'],
      ['5', ' heap '],
      ['0', 'H high'],
      ['w', 'Go version'],
      [':find 0xc000000098\r', 'is '],
      [':memory 0xc000000000\r', '▶0xc000000000'],
    ] as const) {
      type(keys);
      const text = await screen.waitFor(part);
      for (const line of text.split('\n')) expect(line.length, keys).toBeLessThanOrEqual(60);
    }
  });
});
