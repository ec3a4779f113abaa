// Cores of every kind and machine that can be made here of one small program: qemu-user guest cores, a kernel core, gcore, a Delve dump. What a tool is
// missing for is left out, and named by `missingCores`.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifest } from './prepared.js';

/** GOARCH and what qemu-user calls it. riscv64 is not there: qemu 7.2 writes no guest core for it. */
const GUESTS: readonly (readonly [goarch: string, qemu: string])[] = [
  ['386', 'i386'],
  ['amd64', 'x86_64'],
  ['arm', 'arm'],
  ['arm64', 'aarch64'],
  ['loong64', 'loongarch64'],
  ['mips', 'mips'],
  ['mips64', 'mips64'],
  ['mips64le', 'mips64el'],
  ['mipsle', 'mipsel'],
  ['ppc64', 'ppc64'],
  ['ppc64le', 'ppc64le'],
  ['s390x', 's390x'],
];

/** Every guest takes the standard library's build for it. */
const QUICK_GUESTS = ['386', 'arm64', 's390x', 'ppc64le'];
const guests = GUESTS.filter(([goarch]) => !manifest.quick || QUICK_GUESTS.includes(goarch));
/** Of the machine itself: gdb's, Delve's, the kernel's. */
const OWN = ['gcore', 'delve', 'kernel'];

const PROGRAM = `package main

import (
	"syscall"
	"time"
)

func main() {
	go time.Sleep(time.Hour)
	if _, wait := syscall.Getenv("CRASH_WAIT"); wait {
		syscall.Write(1, []byte("ready"))
		time.Sleep(time.Hour)
	}
	panic("crash")
}
`;

export interface CrashCore {
  readonly name: string;
  readonly binary: string;
  readonly core: string;
}

/** What `makeCrashCores` would make where all tools are there, and did not. */
export function missingCores(made: readonly CrashCore[]): string[] {
  return [...guests.map(([goarch]) => `guest ${goarch}`), ...OWN].filter((name) =>
    made.every((core) => core.name !== name),
  );
}

/** The cores, in folders of their own below `folder`. */
export async function makeCrashCores(folder: string): Promise<CrashCore[]> {
  writeFileSync(join(folder, 'crash.go'), PROGRAM);
  const cores: CrashCore[] = [];
  const build = (goarch: string): { readonly at: string; readonly binary: string } | undefined => {
    const at = join(folder, `crash-${goarch}`);
    mkdirSync(at, { recursive: true });
    const binary = join(at, 'crash');
    const env = { ...process.env, CGO_ENABLED: '0', GOOS: 'linux', GOARCH: goarch, GOFLAGS: '', GO111MODULE: 'off' };
    spawnSync('go', ['build', '-o', binary, join(folder, 'crash.go')], { env });
    return existsSync(binary) ? { at, binary } : undefined;
  };
  const guestEnv = { ...process.env, GOTRACEBACK: 'crash', GODEBUG: 'asyncpreemptoff=1', GOMAXPROCS: '1' };
  for (const [goarch, qemu] of guests) {
    const built = build(goarch);
    if (built === undefined) continue;
    // The shell only raises the limit; its arguments are ours.
    spawnSync('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', `qemu-${qemu}`, built.binary], {
      cwd: built.at,
      env: guestEnv,
      timeout: 60_000,
    });
    const core = readdirSync(built.at).find((name) => name.startsWith('qemu_') && name.endsWith('.core'));
    if (core !== undefined) cores.push({ name: `guest ${goarch}`, binary: built.binary, core: join(built.at, core) });
  }
  const own = process.platform === 'linux' && process.arch === 'x64' ? build('amd64') : undefined;
  if (own !== undefined) cores.push(...(await liveCores(own.at, own.binary)));
  return cores;
}

async function liveCores(at: string, binary: string): Promise<CrashCore[]> {
  const cores: CrashCore[] = [];
  const child = spawn(binary, {
    cwd: at,
    env: { ...process.env, CRASH_WAIT: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  spawnSync('gcore', ['-o', join(at, 'gcore'), String(child.pid)]);
  writeFileSync(join(at, 'dump.dlv'), `dump ${join(at, 'delve')}\nquit -c\n`);
  const init = ['--init', join(at, 'dump.dlv'), '--allow-non-terminal-interactive=true'];
  spawnSync('dlv', ['attach', String(child.pid), ...init], { stdio: 'ignore', timeout: 60_000 });
  child.kill('SIGKILL');
  if (existsSync(join(at, `gcore.${child.pid}`))) renameSync(join(at, `gcore.${child.pid}`), join(at, 'gcore'));
  spawnSync('sh', ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', binary], {
    cwd: at,
    env: { ...process.env, GOTRACEBACK: 'crash' },
    timeout: 60_000,
  });
  const kernel = readdirSync(at).find((name) => /^core(\.\d+)?$/.test(name));
  if (kernel !== undefined) renameSync(join(at, kernel), join(at, 'kernel'));
  for (const name of OWN) if (existsSync(join(at, name))) cores.push({ name, binary, core: join(at, name) });
  return cores;
}
