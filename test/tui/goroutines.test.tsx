// The screens of goroutines, stacks, threads and pointers: over hand-written answers where the engine is slow or a stack is long, over the sample where numbers matter.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { GoroutineResult } from '../../src/analysis/results-goroutines.js';
import { createSession, type SessionClient } from '../../src/session/client.js';
import { currentScreen } from '../../tui/navigation.js';
import { createFakeSession, type FakeOptions } from '../support/fake-session.js';
import { json, sampleFiles } from '../support/run-cli.js';
import { settled } from '../support/settled.js';
import { startTui, type TuiSetup, type TuiUnderTest } from '../support/tui.js';

let running: TuiUnderTest[] = [];
afterEach(() => {
  for (const each of running) each.stop();
  running = [];
});

function start(options: FakeOptions = {}, setup: TuiSetup = {}) {
  const session = createFakeSession(options);
  const ui = startTui(session, setup);
  running.push(ui);
  return { ...ui, session };
}

const selectedRow = (text: string) => text.split('\n').find((line) => line.startsWith('▶')) ?? '';

describe('goroutines', () => {
  it('are not called none where allgs was not found', async () => {
    const { screen, type } = start({ goroutines: { count: 0, known: false } });
    type('6');
    const shown = await screen.waitFor('allgs was not found, or can’t be read');
    expect(shown).not.toContain('the image has no goroutines');
  });

  it('go from groups to goroutines to a stack to the slots of a frame, and Esc comes back', async () => {
    const { screen, type, navigation } = start();
    type('6');
    const groups = await screen.waitFor('40 goroutines in 4 groups');
    expect(selectedRow(groups)).toMatch(/▶ +10 IO wait +≥ 1 min 1 s main\.IO {2}main\.go:31/);
    expect(groups).toContain('1 of 4');
    type('\r');
    const like = await screen.waitFor('10 goroutines with the stack of 13');
    expect(like).toContain('goroutines › like 13');
    expect(selectedRow(like)).toMatch(/▶ +13 IO wait/);
    type('j\r');
    const stack = await screen.waitFor('goroutine 17 [IO wait, ≥ 1 min 1 s]');
    expect(stack).toContain('512 of 2,048 bytes in use');
    expect(stack).toContain('created by main.main in goroutine 1  main.go:7');
    expect(selectedRow(stack)).toMatch(/▶ +0 0x4a0000 0xc000200000 runtime\.gopark \+0x10 +gobuf/);
    type('j\r');
    await screen.waitFor('frame 1 of goroutine 17: main.work1, 64 B');
    expect(currentScreen(navigation.get())).toMatchObject({ kind: 'memory', address: '0xc000200040', length: 64 });
    type('\u001b');
    await screen.waitFor('2 of 12');
    type('\u001b');
    await screen.waitFor('10 goroutines with the stack of 13');
    type('\u001b');
    await screen.waitFor('40 goroutines in 4 groups');
  });

  it('are one group or one by one, the cursor with the same goroutine', async () => {
    const { screen, type } = start();
    type('6');
    await screen.waitFor('in 4 groups');
    type('jj\t');
    const flat = await screen.waitFor('goid↑');
    expect(flat).toContain('40 goroutines');
    await screen.waitFor(/▶ +11 sleep/);
    type('\t');
    await screen.waitFor(/▶ +10 sleep/);
  });

  it('are filtered by what they wait for, and Esc clears the filter', async () => {
    const { screen, type } = start();
    type('6');
    await screen.waitFor('in 4 groups');
    type('/sleep\r');
    expect(await screen.waitFor('10 goroutines in 1 group')).toContain('/sleep');
    type('\u001b');
    await screen.waitFor('in 4 groups');
    type(':goroutines nothing\r');
    await screen.waitFor('no goroutine fits  /nothing');
  });

  it('are sorted by the chosen column', async () => {
    const { screen, type, session } = start();
    type('6');
    await screen.waitFor('in 4 groups');
    type('\t');
    await screen.waitFor('goid↑');
    type('S');
    await screen.waitFor('goid↓');
    await screen.waitFor(/▶ +49/);
    type('>>');
    await screen.waitFor('column wait');
    type('s');
    await screen.waitFor('sort wait↓');
    const asked = session.calls.filter(({ call }) => call === 'goroutineWindow').at(-1);
    expect(asked?.params).toMatchObject({ query: { sort: { column: 'wait', descending: true } } });
  });

  it('keep runtime frames out on demand, and say how many', async () => {
    const { screen, type } = start();
    type(':goroutine 12\r');
    await screen.waitFor('1 of 12');
    type('a');
    const text = await screen.waitFor('1 of 8 · 4 hidden');
    expect(selectedRow(text)).toMatch(/▶ +1 .*main\.work1/);
    type('7');
    await screen.waitFor('goroutine 12');
  });

  it('scroll through a hundred thousand frames by windows', async () => {
    const { screen, type, session } = start({ goroutines: { frames: 100_000 } });
    type(':goroutine 12\r');
    await screen.waitFor('1 of 100,000');
    type('G');
    expect(selectedRow(await screen.waitFor('100,000 of 100,000'))).toMatch(/99,999 .*runtime\.gopark/);
    const asked = session.calls.filter(({ call }) => call === 'goroutine');
    expect(asked.length).toBeLessThan(8);
    for (const { params } of asked) expect((params as { count: number }).count).toBeLessThan(1000);
  });

  it.each([
    [80, 24],
    [120, 40],
    [160, 50],
  ])('fit into %i×%i, addresses in full', async (columns, rows) => {
    const { screen, type } = start({}, { columns, rows, color: false });
    for (const [keys, seen] of [
      ['6', 'in 4 groups'],
      ['\t', 'goid↑'],
      [':goroutine 12\r', '0xc000200040'],
      [':threads\r', '4711'],
      ['\r', 'm 0 0xc000080000'],
      [':pointers 0xc000012000 48\r', '0xc000200088'],
    ] as const) {
      type(keys);
      await screen.waitFor(seen);
      const lines = await screen.lines();
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(lines.some((line) => line.startsWith('▶'))).toBe(true);
      expect(lines.at(-1)).toContain('? help');
    }
  });
});

describe('a list that fills in', () => {
  const fill = 'goroutineGroups';
  const asked = ({ session }: ReturnType<typeof start>) => session.calls.filter(({ call }) => call === fill).length;

  it('shows its first rows at once, takes keys meanwhile, and the cursor stays with its group', async () => {
    const { screen, type, session } = start({ goroutines: { count: 2002, step: 182 }, held: [fill] });
    type('6');
    await session.answer(fill);
    // 182 of 2,002: of four kinds two have a member more.
    const first = await screen.waitFor('182 of 2,002 unwound so far');
    expect(selectedRow(first)).toContain('46 sleep');
    type('j');
    await screen.waitFor(/▶ +\d+ chan receive/);
    await session.answer(fill);
    const some = await screen.waitFor(/unwinding stacks \d+%/);
    expect(some).toContain('Esc cancels');
    session.release(fill);
    const all = await screen.waitFor('2,002 goroutines in 4 groups');
    expect(all).not.toContain('so far');
    expect(selectedRow(all)).toContain('chan receive');
  });

  it('stops on Esc and goes on with r', async () => {
    const ui = start({ goroutines: { count: 1000, step: 20 }, held: [fill] });
    const { screen, type, session } = ui;
    type('6');
    await session.answer(fill);
    await session.answer(fill);
    await screen.waitFor(/unwinding stacks \d+%/);
    type('\u001b');
    const stopped = await screen.waitFor('stopped; r goes on');
    expect(stopped).toContain('unwound so far');
    const before = asked(ui);
    session.release(fill);
    await settled(ui);
    expect(asked(ui)).toBe(before);
    type('r');
    const all = await screen.waitFor('1,000 goroutines in 4 groups');
    expect(all).not.toContain('so far');
    expect(asked(ui)).toBe(1000 / 20);
  });

  it('is left at once, and asked no more', async () => {
    const ui = start({ goroutines: { count: 1000, step: 10 }, held: [fill] });
    const { screen, type, session } = ui;
    type('6');
    await session.answer(fill);
    await screen.waitFor('unwound so far');
    type('2');
    await screen.waitFor('1 of 1,000');
    const before = asked(ui);
    session.release(fill);
    await settled(ui);
    expect(asked(ui)).toBe(before);
  });
});

describe('which stacks point here', () => {
  it('is asked from a slot, from memory and from what an address is', async () => {
    const { screen, type, navigation } = start();
    type('2');
    await screen.waitFor('1 of 1,000');
    type('\r');
    await screen.waitFor('slot 0');
    type('p');
    const text = await screen.waitFor('2 words on stacks of 1 goroutine and in registers');
    expect(text).toContain('0xc000000000–0xc000000030  slot 0');
    expect(text).toContain('rax, t 4711');
    type('\r');
    await screen.waitFor('goroutine 12 [');
    expect(currentScreen(navigation.get())).toMatchObject({ kind: 'goroutine', place: { cursor: 2 } });
    type('\u001bx');
    await screen.waitFor(/▶0xc000200088/);
    type('p');
    await screen.waitFor('2 words on stacks');
    type(':find 0xc000000010\r');
    await screen.waitFor('find 0xc000000010');
    type('p');
    await screen.waitFor('2 words on stacks');
    type(':pointers\r');
    await screen.waitFor(':pointers needs an address');
  });

  it('can be stopped', async () => {
    const { screen, type } = start({ stuck: ['stackPointers'] });
    type(':pointers 0xc000000000\r');
    await screen.waitFor('looking through stacks 30% · Esc cancels');
    type('\u001b');
    await screen.waitFor('stopped; r asks again');
  });
});

describe('the sample', () => {
  let client: SessionClient;
  beforeAll(() => {
    client = createSession();
  });
  afterAll(() => client.close());
  const open = (setup: TuiSetup = {}) => {
    const ui = startTui(client, { request: { files: sampleFiles, options: {} }, ...setup });
    running.push(ui);
    return ui;
  };

  it('shows every frame as the command line does', async () => {
    const { goroutines } = json<{ goroutines: GoroutineResult[] }>(['goroutines', ...sampleFiles]);
    const worker = goroutines.find(({ goid }) => goid === 20) as GoroutineResult;
    const { screen, type } = open({ columns: 140, rows: 40 });
    type(':goroutine 20\r');
    const text = await screen.waitFor('main.worker');
    for (const { pc, sp, func, file, line, how } of worker.frames) {
      const row = text.split('\n').find((each) => each.includes(` ${pc} ${sp} `)) ?? '';
      expect(row).toContain(` ${func} `);
      expect(row).toContain(`${file}:${line}`);
      expect(row).toContain(how);
    }
  });

  it('leads from a worker’s frame to its slots, and from its g back to its stack', async () => {
    const { screen, type } = open();
    type('6');
    expect(await screen.waitFor('7 goroutines in 4 groups')).toContain("7 of the runtime's own");
    type('a');
    await screen.waitFor(/14 goroutines in \d+ groups/);
    type('/func=worker\r');
    await screen.waitFor('4 goroutines in 1 group');
    type('\r');
    await screen.waitFor('with the stack of 20');
    type('\r');
    await screen.waitFor('runtime.gopark +0xca');
    type('jjj\r');
    await screen.waitFor(/frame 3 of goroutine 20: main\.worker, 40 B/);
    type('\u001b');
    await screen.waitFor('4 of 6');
  });
});

it('keys typed ahead have the outcome of keys typed one by one', async () => {
  const keys = [
    '6',
    'j',
    '\r',
    'j',
    '\r',
    'j',
    'a',
    'j',
    '\r',
    'q',
    '\u001b',
    'q',
    '\t',
    'G',
    'k',
    '\r',
    '7',
    'p',
    '6',
    '/sleep\r',
  ];
  const outcome = ({ navigation }: TuiUnderTest) => navigation.get().stack.map(({ id, ...rest }) => rest);
  const quick = start();
  for (const key of keys) {
    quick.type(key);
    await settled(quick);
  }
  const ahead = start({ delayMs: 40 });
  for (const key of keys) ahead.type(key);
  await settled(ahead);
  expect(outcome(ahead)).toEqual(outcome(quick));
});
