// The whole program in a pseudo-terminal: what a user at a terminal gets, and what the terminal looks like afterwards.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { patienceMs } from '../support/patience.js';
import { type PtyProgram, runInPty } from '../support/pty.js';

const cli = join(import.meta.dirname, '../../dist/cli.js');
const leave = '\u001b[?1049l';
const showCursor = '\u001b[?25h';
/** vitest's own patience ends after a second. */
const patient = { timeout: patienceMs };
let program: PtyProgram | undefined;

afterEach(async () => {
  program?.screen.dispose();
});

function run(args: readonly string[] = [], options: Parameters<typeof runInPty>[2] = {}): PtyProgram {
  program = runInPty(process.execPath, [cli, ...args], options);
  return program;
}

async function expectRestored(each: PtyProgram): Promise<void> {
  const output = each.output();
  expect(output).toContain('\u001b[?1049h');
  expect(output.split(leave)).toHaveLength(2);
  // Nothing is drawn after the terminal is given back.
  expect(output.slice(output.indexOf(leave) + leave.length)).not.toContain('\u001b[');
  expect(output.lastIndexOf(showCursor)).toBeGreaterThan(output.lastIndexOf('\u001b[?25l'));
  expect(await each.screen.alternate()).toBe(false);
}

describe('spanscope in a terminal', () => {
  it('goes from the sample to a slot and back, and leaves no trace', async () => {
    const { screen, type, resize, ended } = run();
    const first = await screen.waitFor('StackInuse');
    expect(first).toMatch(/go1\.\d+/);
    expect(await screen.alternate()).toBe(true);
    type(':spans\r');
    const table = await screen.waitFor(/▶ 0x[\s\S]* 1 of [\d,]+/);
    const base = /▶ (0x[0-9a-f]+)/.exec(table)?.[1];
    type('\r');
    const span = await screen.waitFor('allocBits 0x');
    expect(span).toContain('freeindex');
    expect(span).toContain(`${base}–0x`);
    type('?');
    const help = await screen.waitFor(' keys');
    expect(help).toMatch(/help[\s\S]*quit/);
    resize(100, 40);
    await expect.poll(async () => (await screen.lines())[38], patient).toBe('─'.repeat(100));
    resize(80, 24);
    await expect.poll(async () => (await screen.lines())[22], patient).toBe('─'.repeat(80));
    type('q');
    await screen.waitFor('slot 0');
    // One after the other: of what a program writes in the end Linux keeps no more than 4 KiB for who reads late.
    type('q');
    await screen.waitFor(/▶ 0x[\s\S]* 1 of [\d,]+/);
    type('q');
    await screen.waitFor('StackInuse');
    type('q');
    expect((await ended).exitCode).toBe(0);
    await expectRestored(program as PtyProgram);
  });

  it.each(['\u0003', ':q\r', 'q'])('ends with exit 0 on %j', async (keys) => {
    const { screen, type, ended } = run();
    await screen.waitFor('StackInuse');
    type(keys);
    expect((await ended).exitCode).toBe(0);
    await expectRestored(program as PtyProgram);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ])('restores the terminal on %s', async (signal, exitCode) => {
    const { screen, kill, ended } = run();
    await screen.waitFor('StackInuse');
    kill(signal);
    expect((await ended).exitCode).toBe(exitCode);
    await expectRestored(program as PtyProgram);
  });

  it('ends with its terminal, without aborting', async () => {
    const { screen, hangUp, pid } = run();
    await screen.waitFor('StackInuse');
    hangUp();
    const gone = () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    };
    await expect.poll(gone, patient).toBe(true);
    const { signal } = await (program as PtyProgram).ended;
    expect(signal).toBe(constants.signals.SIGHUP);
  });

  it('restores the terminal on an uncaught exception, and says what it was', async () => {
    const preload = join(mkdtempSync(join(tmpdir(), 'spanscope-')), 'boom.cjs');
    writeFileSync(
      preload,
      "if (require('node:worker_threads').isMainThread) process.on('SIGUSR2', () => setImmediate(() => { throw new Error('boom'); }));",
    );
    const { screen, kill, output, ended } = run([], { env: { NODE_OPTIONS: `--require=${preload}` } });
    await screen.waitFor('StackInuse');
    kill('SIGUSR2');
    expect((await ended).exitCode).toBe(3);
    await expectRestored(program as PtyProgram);
    expect(output().slice(output().indexOf(leave))).toContain('internal error: boom');
  });

  it('goes on after Ctrl-Z where no shell can stop it', async () => {
    const { screen, type, output, ended } = run();
    await screen.waitFor('StackInuse');
    type('\u001a');
    await expect.poll(() => output().split('\u001b[?1049h').length, patient).toBeGreaterThan(2);
    type(':spans\r');
    await screen.waitFor(/▶ 0x[\s\S]* 1 of /);
    type('\u0003');
    expect((await ended).exitCode).toBe(0);
    expect(await screen.alternate()).toBe(false);
  });

  it('gives the terminal back before it is stopped from outside, and draws again when it goes on', async () => {
    const { screen, type, kill, output, ended, pid } = run();
    await screen.waitFor('StackInuse');
    kill('SIGTSTP');
    const state = () => /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    await expect.poll(() => output().includes(leave), patient).toBe(true);
    if (process.platform === 'linux') await expect.poll(state, patient).toBe('T');
    expect(await screen.alternate()).toBe(false);
    kill('SIGCONT');
    await expect.poll(() => output().split('\u001b[?1049h').length, patient).toBeGreaterThan(2);
    await screen.waitFor('StackInuse');
    type('q');
    expect((await ended).exitCode).toBe(0);
  });

  it('restores the terminal when it is killed while it still opens', async () => {
    const { kill, output, ended } = run();
    await expect.poll(() => output().includes('\u001b[?1049h'), patient).toBe(true);
    kill('SIGTERM');
    await ended;
    await expectRestored(program as PtyProgram);
  });

  it('puts the terminal back into cooked mode', async () => {
    program = runInPty('/bin/sh', ['-c', `"${process.execPath}" "${cli}"; stty -a`]);
    const { screen, type, ended, output } = program;
    await screen.waitFor('StackInuse');
    type('q');
    await ended;
    expect(output()).toMatch(/[^-]icanon/);
    expect(output()).toMatch(/[^-]echo /);
  });

  it('draws the same under CI=true, and without colour if asked', async () => {
    const { screen, type, output, ended } = run([], { env: { CI: 'true', NO_COLOR: '1' } });
    await screen.waitFor('StackInuse');
    expect(output()).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-7]|9[0-7])m/);
    type('q');
    expect((await ended).exitCode).toBe(0);
  });

  it('says in one line on the usual screen why a file can not be used', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spanscope-'));
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'not an ELF file, nor anything else that is known here');
    const { output, ended } = run([file]);
    const { exitCode } = await ended;
    expect([2, 3]).toContain(exitCode);
    expect(output()).toContain('spanscope: ');
    expect(output()).toContain('notes.txt');
    expect(output()).not.toContain('    at ');
    await expectRestored(program as PtyProgram);
  });

  it('does not start where stdout is no terminal', () => {
    const { status, stdout } = spawnSync(process.execPath, [cli], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('heap in use');
  });
});
