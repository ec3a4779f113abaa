// The span table and one span.
import { describe, expect, it } from 'vitest';
import { currentScreen } from '../../tui/navigation.js';
import { addrOf, baseOf } from '../support/fake-session.js';
import { start } from '../support/fake-tui.js';

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
