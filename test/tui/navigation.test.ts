import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allSpans, currentScreen, initialNavigation, reduce } from '../../tui/navigation.js';
import type { NewScreen } from '../../tui/screen-state.js';
import { type Motion, moved, start, visibleTop } from '../../tui/scrolling.js';

fc.configureGlobal({ seed: 1 });

const spans: NewScreen = { kind: 'spans', place: start, query: allSpans, column: 'base', seek: undefined };
const span = (address: string): NewScreen => ({
  kind: 'span',
  address,
  pane: 'map',
  place: start,
  slot: start,
  search: '',
});

describe('the stack of screens', () => {
  it('goes back to a screen with its cursor and filter', () => {
    let state = reduce(initialNavigation(), { type: 'push', screen: spans });
    const { id } = currentScreen(state);
    state = reduce(state, {
      type: 'patch',
      id,
      patch: { place: { cursor: 40, top: 30 }, query: { ...allSpans, filter: 'class=5' } },
    });
    state = reduce(state, { type: 'push', screen: span('0x1') });
    state = reduce(state, { type: 'back' });
    expect(currentScreen(state)).toMatchObject({ id, place: { cursor: 40, top: 30 }, query: { filter: 'class=5' } });
  });

  it('stays on the first screen', () => {
    const state = initialNavigation();
    expect(reduce(state, { type: 'back' })).toBe(state);
  });

  it('returns to an open main screen instead of opening it twice', () => {
    let state = reduce(initialNavigation(), { type: 'go', screen: spans });
    state = reduce(state, { type: 'push', screen: span('0x1') });
    state = reduce(state, { type: 'push', screen: span('0x2') });
    state = reduce(state, { type: 'go', screen: spans });
    expect(state.stack.map((screen) => screen.kind)).toEqual(['overview', 'spans']);
    const wanted = reduce(state, {
      type: 'go',
      screen: { ...spans, query: { ...allSpans, filter: 'noscan' } } as NewScreen,
    });
    expect(currentScreen(wanted)).toMatchObject({ kind: 'spans', query: { filter: 'noscan' }, place: start });
  });

  it('forgets the oldest screens of a very deep stack, never the first', () => {
    let state = initialNavigation();
    for (let i = 0; i < 200; i++) state = reduce(state, { type: 'push', screen: span(`0x${i}`) });
    expect(state.stack.length).toBeLessThanOrEqual(50);
    expect(state.stack[0]?.kind).toBe('overview');
    expect(currentScreen(state)).toMatchObject({ address: '0x199' });
  });

  it('closes prompt and help when a screen is opened', () => {
    let state = reduce(initialNavigation(), {
      type: 'prompt',
      prompt: { kind: 'command', text: 'spans', candidates: [] },
    });
    state = reduce(state, { type: 'help', help: { filter: '', place: start } });
    state = reduce(state, { type: 'push', screen: spans });
    expect(state.prompt).toBeUndefined();
    expect(state.help).toBeUndefined();
  });
});

describe('moving in a list', () => {
  const motion = fc.constantFrom<Motion>('up', 'down', 'top', 'bottom', 'half-down', 'half-up', 'page-down', 'page-up');

  it('keeps the cursor in the rows and in sight', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.array(motion, { maxLength: 60 }),
        (count, height, motions) => {
          let place = start;
          for (const each of motions) place = moved(place, each, count, height);
          const top = visibleTop(place, count, height);
          expect(place.cursor).toBeGreaterThanOrEqual(0);
          expect(place.cursor).toBeLessThan(count);
          expect(top).toBeLessThanOrEqual(place.cursor);
          expect(top + height).toBeGreaterThan(place.cursor);
        },
      ),
    );
  });

  it('shows no empty line while there are rows above', () => {
    expect(visibleTop({ cursor: 99, top: 99 }, 100, 20)).toBe(80);
    expect(visibleTop({ cursor: 0, top: 50 }, 3, 20)).toBe(0);
  });

  it('moves by pages with the view, so that the cursor keeps its line', () => {
    const place = moved({ cursor: 25, top: 20 }, 'page-down', 1000, 18);
    expect(place).toEqual({ cursor: 43, top: 38 });
  });

  it('survives an empty list', () => {
    expect(moved(start, 'bottom', 0, 20)).toEqual(start);
  });
});
