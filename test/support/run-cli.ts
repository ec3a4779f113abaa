// Runs the built program as a process of its own, and lays images out in temporary files for it.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const cli = join(root, 'dist', 'cli.js');
const fixture = (...parts: string[]) => join(root, 'fixtures', ...parts);
export const sample = { server: fixture('sample', 'server'), core: fixture('sample', 'core.sparse') };
export const sampleFiles = [sample.server, sample.core];

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without a terminal; `cwd` and `env` as given. A run that hangs, for five minutes, has no status. */
export function run(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 29,
    timeout: 300_000,
    ...options,
  });
  return { status, stdout, stderr };
}

/** The output of a run that must succeed, and say nothing on stderr. */
export function output(args: readonly string[]): string {
  const { status, stdout, stderr } = run(args);
  expect({ status, stderr }, args.join(' ')).toEqual({ status: 0, stderr: '' });
  return stdout;
}

export function json<T = Record<string, unknown>>(args: readonly string[]): T {
  return JSON.parse(output([...args, '--json'])) as T;
}

export function lines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** A refusal: the exit code, one sentence that begins with what it is about, no results, no stack trace. */
export function expectRefusal(
  { status, stdout, stderr }: Run,
  code: 2 | 3 | readonly number[],
  says: RegExp = /./,
): void {
  const text = `${status}: ${stderr}`;
  if (typeof code === 'number') expect(status, text).toBe(code);
  else expect(code, text).toContain(status);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^spanscope: [^\n]+: [^\n]+\n/);
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/\n +at |unexpected error/);
  // A hint may follow, indented.
  expect(
    stderr
      .split('\n')
      .slice(1, -1)
      .every((line) => line.startsWith('  ')),
  ).toBe(true);
}

/** For inputs that are damaged but may still be read: exit 0, or a refusal with 3. */
export function expectShownOrRefused(result: Run): void {
  if (result.status === 0) {
    expect(result.stderr).not.toMatch(/\n +at |unexpected error/);
    // No row where allspans itself is missing: then stderr says so.
    expect(result.stdout + result.stderr).not.toBe('');
  } else expectRefusal(result, 3);
}

/** Runs until `stop` says that it has read enough of stdout, then closes the pipe; the exit code and stderr. */
export function runUntil(args: readonly string[], stop: (read: string) => boolean): Promise<Omit<Run, 'stdout'>> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let read = '';
    let stderr = '';
    child.stdout.on('data', (piece: Buffer) => {
      read += piece.toString();
      if (stop(read)) child.stdout.destroy();
    });
    child.stderr.on('data', (piece: Buffer) => {
      stderr += piece.toString();
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stderr }));
  });
}

/** A folder of temporary files; `remove` ends it. */
export class TempFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'spanscope-test-'));

  file(name: string, bytes: Uint8Array | string): string {
    const path = join(this.path, name);
    writeFileSync(path, bytes);
    return path;
  }

  /** Unpacks a `.gz` of fixtures/. */
  unpacked(name: string, ...parts: string[]): string {
    return this.file(name, gunzipSync(readFileSync(fixture(...parts))));
  }

  /** The plain file that a packed-sparse container holds, with holes where it has zeros. */
  plain(name: string, packed: string): string {
    const bytes = readFileSync(packed);
    const path = join(this.path, name);
    const fd = openSync(path, 'w');
    try {
      ftruncateSync(fd, Number(bytes.readBigUInt64LE(8)));
      const count = bytes.readUInt32LE(16);
      let stored = 24 + 16 * count;
      for (let i = 0; i < count; i += 1) {
        const length = Number(bytes.readBigUInt64LE(32 + 16 * i));
        writeSync(fd, bytes, stored, length, Number(bytes.readBigUInt64LE(24 + 16 * i)));
        stored += length;
      }
    } finally {
      closeSync(fd);
    }
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
