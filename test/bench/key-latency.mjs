// How long the terminal UI takes to answer a key while its engine is busy: a pseudo-terminal, a key every so often, the time until the next bytes are drawn for it.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { spawn } from '@lydell/node-pty';

const patienceMs = 20_000;
const betweenKeysMs = 60;
const keysAsked = 12;
/** Drawn by the help alone, and by every screen but the help (the bar's «? help»). */
const opened = 'q closes';
const closed = ' help';
const endOfFrame = '\u001b[?2026l';

/** CPU time in ms that the first thread of a process has had: the one that draws. NaN where nothing tells it. */
function threadCpu(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

/**
 * By what the engine was at meanwhile, a list of keys: `ms` from the key to its frame, `cpuMs` of that in which the drawing thread ran (the rest it
 * waited for the machine or the engine). `nothing to do` says what the machine itself costs. For a heap of many spans.
 */
export async function keyLatency(command) {
  const env = { ...process.env, TERM: 'xterm-256color' };
  delete env.NO_COLOR;
  const child = spawn(process.execPath, command, { cols: 100, rows: 30, env });
  let output = '';
  let heard = () => undefined;
  child.onData((data) => {
    output += data;
    heard();
  });
  let over = false;
  const ended = new Promise((resolve) => {
    child.onExit(() => {
      over = true;
      heard();
      resolve();
    });
  });
  /** Resolves when `text` was drawn after position `from`. */
  const drawn = async (text, from) => {
    const until = performance.now() + patienceMs;
    for (;;) {
      const at = output.indexOf(text, from);
      if (at >= 0 && output.includes(endOfFrame, at)) return;
      if (over || performance.now() > until) throw new Error(`«${text}» was never drawn by ${command.join(' ')}`);
      await Promise.race([new Promise((resolve) => (heard = resolve)), pause(patienceMs / 100)]);
    }
  };
  /** Presses `key` and waits for what it changes. */
  const press = async (key, text) => {
    const from = output.length;
    const cpu = threadCpu(child.pid);
    const began = performance.now();
    child.write(key);
    await drawn(text, from);
    return { ms: performance.now() - began, cpuMs: threadCpu(child.pid) - cpu };
  };
  /** Opens and closes the help until `isDone`. */
  const during = async (isDone) => {
    const times = [];
    do {
      times.push(await press('?', opened));
      await pause(betweenKeysMs);
      times.push(await press('q', closed));
      await pause(betweenKeysMs);
    } while (!isDone(times.length));
    return times;
  };
  try {
    const result = {};
    await drawn('─', 0);
    result.loading = await during(() => output.includes('StackInuse'));
    child.write(':spans\r');
    await drawn('sort', output.length);
    result['nothing to do'] = await during((count) => count >= keysAsked);
    for (const [what, keys] of [
      ['sorting', 's'],
      ['sorting back', 'S'],
      ['filtering', '/used>=70 elemsize>1k\r'],
    ]) {
      child.write(keys);
      // The keys themselves are not what is measured.
      await pause(betweenKeysMs);
      result[what] = await during((count) => count >= keysAsked);
    }
    return result;
  } finally {
    if (!over) child.write('\u0003');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  }
}
