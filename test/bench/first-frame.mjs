// The terminal UI in a pseudo-terminal, as the bench looks at it: CPU of the whole process until a text is on the screen.
import { readdirSync, readFileSync } from 'node:fs';
import { spawn } from '@lydell/node-pty';

/** CPU milliseconds of all threads that a process has now (Linux: /proc/N/task/T/schedstat, nanoseconds). */
function cpuOf(pid) {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`))
    ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return ns / 1e6;
}

const patienceMs = 30_000;

/** Starts node with `command` on a terminal of 100 × 30 and ends it by Ctrl-C as soon as `text` was drawn: `cpuMs` and `wallMs` until then. */
export function firstFrame(command, text) {
  const env = { ...process.env, TERM: 'xterm-256color' };
  delete env.NO_COLOR;
  const began = performance.now();
  const child = spawn(process.execPath, command, { cols: 100, rows: 30, env });
  return new Promise((resolve, reject) => {
    let output = '';
    let result;
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    child.onData((data) => {
      output += data;
      if (result !== undefined || !output.includes(text)) return;
      result = { cpuMs: cpuOf(child.pid), wallMs: performance.now() - began };
      child.write('\u0003');
    });
    child.onExit(({ exitCode }) => {
      clearTimeout(timer);
      if (result === undefined || exitCode !== 0)
        reject(new Error(`${command.join(' ')} ended with ${exitCode}, ${text} ${result ? 'drawn' : 'never drawn'}`));
      else resolve(result);
    });
  });
}
