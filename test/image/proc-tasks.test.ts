// The threads of real processes by /proc, and the one line that tells where a thread stands.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readStat } from '../../src/image/proc-status.js';
import { parsePlace, readTasks } from '../../src/image/proc-tasks.js';
import { patienceMs } from '../support/patience.js';

describe('a line of /proc/PID/task/TID/syscall', () => {
  it('in a system call, outside of one, and running', () => {
    expect(parsePlace('202 0x537820 0x80 0x0 0x0 0x0 0x0 0x7ffe9058cbf8 0x4652e3\n')).toEqual({
      sp: 0x7ffe9058cbf8n,
      pc: 0x4652e3n,
    });
    expect(parsePlace('-1 0xc000041730 0x4227d3\n')).toEqual({ sp: 0xc000041730n, pc: 0x4227d3n });
    expect(parsePlace('running\n')).toBe('running');
  });
  it.each([
    '',
    'walking',
    '-1',
    '-1 0x1',
    '-1 0x1 0x2 0x3',
    '-2 0x1 0x2',
    '1 0x1 0x2',
    '-1 0x11111111111111111 0x2',
    '202 0x5 0x8 0x0 0x0 0x0 0x0 0x7 4652',
  ])('%j is none', (line) => {
    expect(parsePlace(line)).toBeUndefined();
  });
});

describe.runIf(existsSync('/proc/self/task'))('threads', () => {
  it('of a process that sleeps: its name, its state and where it stands', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    const pid = child.pid!;
    try {
      const startTime = readStat(pid)?.startTime;
      // It sleeps once it is loaded.
      await expect
        .poll(() => readTasks(pid, startTime), { timeout: patienceMs })
        .toEqual([
          {
            tid: pid,
            innerTid: pid,
            name: 'sleep',
            state: 'S',
            place: { sp: expect.any(BigInt), pc: expect.any(BigInt) },
          },
        ]);
      expect(() => readTasks(pid, '1')).toThrow(/ended while its threads were read/);
    } finally {
      child.kill('SIGKILL');
    }
  });
  it('of one that is gone: one clear line', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    expect(() => readTasks(pid, '1')).toThrow(`pid:${pid}: ended while its threads were read`);
  });
});
