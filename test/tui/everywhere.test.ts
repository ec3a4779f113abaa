// What holds on every screen: help, quitting, mistakes, progress, sizes, no colour, ASCII, and hostile text.
import { describe, expect, it } from 'vitest';
import type { SessionClient } from '../../src/session/client.js';
import { UiSession } from '../../tui/ui-session.js';
import { gcData } from '../support/fake-answers.js';
import { addrOf, createFakeSession } from '../support/fake-session.js';
import { start } from '../support/fake-tui.js';
import { patienceMs } from '../support/patience.js';

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
      await expect.poll(() => ui.quitted(), { message: JSON.stringify(keys), timeout: patienceMs }).toBe(true);
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

  it('tells of a slow step that reports nothing, and Esc stops it', async () => {
    const { screen, type, navigation } = start({ mute: ['span'] });
    type(`:span ${addrOf(0)}\r`);
    await screen.waitFor('reading… · Esc cancels');
    type('\u001b');
    await screen.waitFor('stopped; r asks again');
    expect(navigation.get().stack).toHaveLength(2);
    type('\u001b');
    await screen.waitFor('GOGC');
  });

  it('keeps Esc for going back while what runs is not told of', async () => {
    const engine = createFakeSession();
    let stopped: boolean | undefined;
    const call: SessionClient['call'] = (name, params, options) => {
      if (name === 'gc') stopped = session.cancelSlow();
      return engine.call(name, params, options);
    };
    const session = new UiSession({ ...engine, call }, { files: [], options: {} });
    expect(await session.call('gc', {})).toEqual(gcData);
    expect(stopped).toBe(false);
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
    await expect.poll(() => written.join('').match(/\u001b\[\d+;1H/g)?.length, { timeout: patienceMs }).toBe(24);
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
