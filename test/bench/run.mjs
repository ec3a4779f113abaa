// Start-up and overview against a bare `node -e 0`, in one run: whole-process CPU time, medians and ratios.
//   npm run bench [-- BINARY IMAGE]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const cli = join(root, 'dist', 'cli.js');
const sample = [join(root, 'fixtures/sample/server'), join(root, 'fixtures/sample/core.sparse')];
const files = process.argv.length >= 4 ? process.argv.slice(2, 4) : sample;
const rounds = 15;

const cases = {
  'node -e 0': ['-e', '0'],
  'spanscope --version': [cli, '--version'],
  overview: [cli, 'overview', ...files],
  'overview --json': [cli, 'overview', ...files, '--json'],
  'spans --format ndjson --bits': [cli, 'spans', ...files, '--format', 'ndjson', '--bits'],
  'layout show go1.24.0/amd64 mspan': [cli, 'layout', 'show', 'go1.24.0/amd64', 'mspan'],
};

const folder = mkdtempSync(join(tmpdir(), 'spanscope-bench-'));
const report = join(folder, 'report.json');

function measure(args) {
  const env = {
    ...process.env,
    NODE_OPTIONS: `--require=${join(here, 'report-cpu.cjs')}`,
    SPANSCOPE_BENCH_FILE: report,
  };
  const { status, stderr } = spawnSync(process.execPath, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(readFileSync(report, 'utf8'));
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const samples = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
// Round by round, so that a noisy moment hits every case alike.
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, args] of Object.entries(cases)) {
    const result = measure(args);
    if (round > 0) samples[name].push(result);
  }
}
rmSync(folder, { recursive: true, force: true });

const bare = median(samples['node -e 0'].map(({ cpuMs }) => cpuMs));
process.stdout.write(
  `${'case'.padEnd(36)}${'CPU ms'.padStart(8)}${'min'.padStart(8)}${'× node'.padStart(8)}${'+ ms'.padStart(8)}${'MiB'.padStart(7)}\n`,
);
for (const [name, results] of Object.entries(samples)) {
  const cpu = median(results.map(({ cpuMs }) => cpuMs));
  const least = Math.min(...results.map(({ cpuMs }) => cpuMs));
  const peak = median(results.map(({ peakMiB }) => peakMiB));
  process.stdout.write(
    `${name.padEnd(36)}${cpu.toFixed(0).padStart(8)}${least.toFixed(0).padStart(8)}${(cpu / bare).toFixed(2).padStart(8)}${(cpu - bare).toFixed(0).padStart(8)}${peak.toFixed(0).padStart(7)}\n`,
  );
}
