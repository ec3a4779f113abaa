// The fuzzer is watched from outside and may be ended there: it leaves nothing behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it, vi } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spanscope-ends-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fuzzer = fileURLToPath(new URL('fuzz.mjs', import.meta.url));

it.each(['SIGTERM', 'SIGINT'] as const)(
  'after %s',
  async (signal) => {
    const args = [fuzzer, '--runs', '1000000', '--image', 'go1.18-386'];
    const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' });
    const ended = once(child, 'exit');
    const program = fileURLToPath(new URL(`../../dist/fuzz-${child.pid}.cjs`, import.meta.url));
    await vi.waitFor(() => expect(existsSync(program)).toBe(true), { timeout: 60_000, interval: 50 });
    expect(readdirSync(folder)).toHaveLength(1);
    child.kill(signal);
    await ended;
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(program)).toBe(false);
  },
  120_000,
);
