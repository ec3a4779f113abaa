// Keys while the engine works: what does not depend on its answer is done at once, what does waits and says so, and typed ahead or not, the outcome is the same.
import { afterEach, describe, expect, it } from 'vitest';
import { currentScreen } from '../../tui/navigation.js';
import type { Screen } from '../../tui/screen-state.js';
import { addrOf, baseOf, createFakeSession, type FakeOptions } from '../support/fake-session.js';
import { settled } from '../support/settled.js';
import { startTui, type TuiUnderTest } from '../support/tui.js';

let running: TuiUnderTest[] = [];
afterEach(() => {
  for (const each of running) each.stop();
  running = [];
});

function start(options: FakeOptions = {}) {
  const session = createFakeSession(options);
  const ui = startTui(session);
  running.push(ui);
  return { ...ui, session };
}

const selectedRow = (text: string) => text.split('\n').find((line) => line.startsWith('▶'));

describe('while a table is sorted', () => {
  const open = async (options: FakeOptions = {}) => {
    const ui = start({ spans: 500, held: ['spanPosition'], ...options });
    ui.type(':spans\r');
    await ui.screen.waitFor('1 of 500');
    return ui;
  };

  it('says so, and helps', async () => {
    const { screen, type, session } = await open();
    type('S');
    await screen.waitFor('sorting… · Esc cancels');
    type('?');
    const help = await screen.waitFor('q closes');
    expect(help).toContain('sorting… · Esc cancels');
    type('q');
    // The old order still stands there.
    await screen.waitFor(new RegExp(`▶ ${baseOf(0)}[\\s\\S]*sorting…`));
    session.release('spanPosition');
    const sorted = await screen.waitFor('sort index↓');
    expect(sorted).toContain('500 of 500');
    expect(sorted).not.toContain('sorting…');
  });

  it('moves in what is shown, and by as much in the new order', async () => {
    const { screen, type, session } = await open();
    type('jjjj');
    await screen.waitFor('5 of 500');
    type('S');
    await screen.waitFor('sorting…');
    type('kk');
    const before = await screen.waitFor(`▶ ${baseOf(2)}`);
    expect(before).toContain('sorting…');
    session.release('spanPosition');
    const after = await screen.waitFor('sort index↓');
    expect(after).toContain('494 of 500');
    expect(selectedRow(after)).toContain(baseOf(6));
  });

  it('lets keys wait that act on a row, and those behind them', async () => {
    const { screen, type, navigation, session } = await open();
    type('Sk\r?');
    await screen.waitFor('sorting…');
    expect(navigation.get().help).toBeUndefined();
    session.release('spanPosition');
    await screen.waitFor('q closes');
    expect(currentScreen(navigation.get())).toMatchObject({ kind: 'span', address: addrOf(1) });
  });

  it('stops on Esc at once, forgets what was typed since, and keeps the order', async () => {
    const ui = await open();
    const { screen, type, navigation, session } = ui;
    type('S\r');
    await screen.waitFor('sorting…');
    type('\u001b');
    await screen.waitFor('stopped');
    type('j');
    expect(await screen.waitFor('2 of 500')).not.toContain('sort index');
    // The answer comes too late.
    session.release('spanPosition');
    await settled(ui);
    expect(currentScreen(navigation.get())).toMatchObject({ kind: 'spans', query: { sort: { descending: false } } });
    type('S');
    await screen.waitFor('sort index↓');
  });

  it('leaves the table at once, and what was asked for it', async () => {
    const ui = await open();
    const { screen, type, session } = ui;
    type('S');
    await screen.waitFor('sorting…');
    type('q');
    expect(await screen.waitFor('GOGC')).not.toContain('sorting…');
    session.release('spanPosition');
    await settled(ui);
    expect(await screen.waitFor('layout table')).not.toContain('stopped');
  });

  it('takes a prompt meanwhile, but waits with what was typed into it', async () => {
    const { screen, type, navigation, session } = await open();
    type('S/class=5');
    expect(await screen.waitFor('/class=5')).toContain('sorting…');
    type('\r');
    expect(navigation.get().prompt).toMatchObject({ text: 'class=5' });
    session.release('spanPosition');
    await screen.waitFor('of 100');
    expect(currentScreen(navigation.get())).toMatchObject({
      query: { filter: 'class=5', sort: { column: 'index', descending: true } },
    });
  });
});

describe('what is under way', () => {
  it('goes on behind the help, and is asked for once', async () => {
    const { screen, type, session } = start({ held: ['overview', 'gc'] });
    await screen.waitFor('? help');
    type('?');
    await screen.waitFor('q closes');
    type('q');
    session.release('overview');
    await screen.waitFor('GOGC');
    type(':gc\r');
    await screen.waitFor('› gc');
    type('?');
    await screen.waitFor('q closes');
    type('q');
    session.release('gc');
    await screen.waitFor('heapMinimum');
    expect(session.calls.filter(({ call }) => call === 'overview')).toHaveLength(1);
    expect(session.calls.filter(({ call }) => call === 'gc')).toHaveLength(1);
  });

  it('is the same overview after another screen', async () => {
    const { screen, type, session } = start({ held: ['overview'] });
    type(':spans\r');
    await screen.waitFor(`▶ ${baseOf(0)}`);
    type('1');
    await screen.waitFor('› overview');
    session.release('overview');
    await screen.waitFor('GOGC');
    expect(session.calls.filter(({ call }) => call === 'overview')).toHaveLength(1);
  });

  it('does not keep keys from rows that are not here yet', async () => {
    const { screen, type } = start({ delayMs: 100 });
    type(':spans\rjjjk\r');
    await screen.waitFor(`mspan ${addrOf(2)}`);
    type('q');
    await screen.waitFor('3 of 1,000');
  });

  it('may be a table whose end was asked for before its length was known', async () => {
    const { screen, type } = start({ delayMs: 100, spans: 500 });
    type(':spans\rG');
    expect(await screen.waitFor(`▶ ${baseOf(499)}`)).toContain('500 of 500');
    type('k');
    expect(await screen.waitFor(`▶ ${baseOf(498)}`)).toContain('499 of 500');
  });
});

describe('keys typed ahead', () => {
  const keys = ['j', 'j', 'k', 'G', 'g', '\u0004', 's', 'S', '>', '/class=5\r', '/\r', '\r', 'q2', '?q', 'm'];
  /** Numbers from a seed: the same keys in each run. */
  const numbers = (seed: number) => () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 2 ** 32;
  };
  const sequence = (seed: number): string[] => {
    const next = numbers(seed);
    return Array.from({ length: 9 }, () => keys[Math.floor(next() * keys.length)] ?? 'j');
  };
  const outcome = ({ navigation }: TuiUnderTest) => {
    const { stack, help, prompt } = navigation.get();
    return { stack: stack.map(withoutId), help, prompt };
  };
  const withoutId = ({ id, ...rest }: Screen) => rest;

  it.each([3, 4, 7])('have the outcome of keys typed one after another (%i)', async (seed) => {
    const typed = sequence(seed);
    const quick = start({ spans: 500 });
    quick.type(':spans\r');
    await quick.screen.waitFor('1 of 500');
    for (const key of typed) {
      quick.type(key);
      await settled(quick);
    }
    const ahead = start({ spans: 500, delayMs: 40 });
    ahead.type(':spans\r');
    await ahead.screen.waitFor('1 of 500');
    ahead.type(typed.join(''));
    await settled(ahead);
    expect(outcome(ahead), typed.join(' ')).toEqual(outcome(quick));
  });
});
