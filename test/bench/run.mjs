// Start-up, the first screen, overview and a heap of a million spans against a bare `node -e 0`, in one run: whole-process CPU time, medians and ratios; besides, what
// a layout table costs inside the process.
//   npm run bench [-- BINARY IMAGE] [-- --big] [-- --stripped=FOLDER]
//     --big makes the core of a million spans where it is not there (Go toolchain, 300 MB of disk)
//     --large makes a stripped binary of more than 30 MB with a small core where it is not there (Go toolchain, no network, a minute or two), whose overview may cost three bare nodes
//     --stripped measures also the `server` and `core` in a folder: a large binary without symbols, like those in npm packages
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bigBinaryFolder, makeBigBinary } from '../../fixtures/big-binary.mjs';
import { bigHeapFolder, bigHeapSpans, makeBigHeap } from '../../fixtures/big-heap.mjs';
import { makeVariant } from '../../fixtures/stripped.mjs';
import { altered } from './altered.mjs';
import { firstFrame } from './first-frame.mjs';
import { keyLatency } from './key-latency.mjs';
import { layoutCost } from './layout-cost.mjs';
import { paddedCore } from './padded-core.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const cli = join(root, 'dist', 'cli.js');
const args = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const sample = [join(root, 'fixtures/sample/server'), join(root, 'fixtures/sample/core.sparse')];
const files = args.length >= 2 ? args.slice(0, 2) : sample;
const rounds = Number(process.env.SPANSCOPE_BENCH_ROUNDS ?? 15);
const bigRounds = 5;
const folder = mkdtempSync(join(tmpdir(), 'spanscope-bench-'));
const report = join(folder, 'report.json');

if (process.argv.includes('--big')) await makeBigHeap();
const big = existsSync(join(bigHeapFolder(), 'core'))
  ? [join(bigHeapFolder(), 'server'), join(bigHeapFolder(), 'core')]
  : undefined;
// Of 10,000 goroutines; `npm run test:matrix` makes it.
const manyFolder = join(dirname(dirname(bigHeapFolder())), 'shapes', 'many-go1.27');
const many = existsSync(join(manyFolder, 'core')) ? [join(manyFolder, 'server'), join(manyFolder, 'core')] : undefined;

const node = 'node -e 0';
const spans = 'a million spans: spans --format ndjson';
const reading = 'a million spans: reading as many bytes';
const small = 'the same heap in a small core: overview';
const padded = 'the same heap in a core of 9 GB: overview';
const strippedStack = 'the sample, stripped: goroutine 1, nothing kept';
/** Reads argv[2] MiB of file argv[1] and looks at none. */
const readAll =
  "const fs=require('node:fs'),b=Buffer.allocUnsafe(1<<20),f=fs.openSync(process.argv[1]);for(let i=0;i<process.argv[2];i++)fs.readSync(f,b,0,1<<20,i*(1<<20))";
const cores = paddedCore(sample[1], folder);

/** A copy of a binary without section headers: no symbols, no DWARF. */
function withoutSections(binary, name) {
  const bytes = readFileSync(binary);
  bytes.fill(0, 0x28, 0x30);
  bytes.fill(0, 0x3c, 0x40);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
const given = process.argv.find((arg) => arg.startsWith('--stripped='))?.slice('--stripped='.length);
if (process.argv.includes('--large')) await makeBigBinary();
const large = ['server', 'core'].map((name) => join(bigBinaryFolder(), name));
const stripped = {
  'the sample, stripped': [withoutSections(sample[0], 'stripped'), sample[1]],
  ...(large.every((file) => existsSync(file)) && { 'more than 30 MB, stripped': large }),
  ...(given && { [`${basename(given)}, stripped`]: [join(given, 'server'), join(given, 'core')] }),
};

const { untold, nameless } = await altered(sample, 'go1.27.4', folder);
const wiped = large.every((file) => existsSync(file))
  ? makeVariant('all', { binary: large[0], image: large[1] }, join(folder, 'wiped'))
  : undefined;
const nowhere = ['--sysroot', mkdtempSync(join(folder, 'nowhere-'))];
const names = {
  untold: 'the sample, nothing tells its version: overview',
  nameless: 'the sample, names garbled: overview, nothing kept',
  alone: 'the sample’s core alone: overview, nothing kept',
  hidden: 'the sample, stripped, no table of its line: overview',
  wiped: 'more than 30 MB, everything wiped: overview',
  large: 'more than 30 MB, stripped: all roots, nothing kept',
};
const untoldCold = `${names.untold}, nothing kept`;
const untoldKept = `${names.untold}, guess kept`;

const manyPlain = '10,000 goroutines: goroutines';
const manyStripped = '10,000 goroutines, stripped: goroutines';

/** What must hold: at most so many times a bare node, so many ms of CPU, or so large a share of another case. */
const bars = {
  [names.large]: { ratio: 3 },
  [names.wiped]: { ratio: 3 },
  [names.nameless]: { ratio: 3.5 },
  [names.alone]: { ratio: 3.5 },
  [names.hidden]: { ratio: 5 },
  [untoldCold]: { ratio: 5.5 },
  [untoldKept]: { share: 1, of: untoldCold },
  'goroutine 1': { ratio: 2 },
  [strippedStack]: { ratio: 2 },
  [manyPlain]: { ms: 1500 },
  [manyStripped]: { ms: 1500 },
};

/** By name: arguments of node, and how often it is measured. */
const cases = {
  [node]: [['-e', '0'], rounds],
  'spanscope --version': [[cli, '--version'], rounds],
  overview: [[cli, 'overview', ...files], rounds],
  'overview --json': [[cli, 'overview', ...files, '--json'], rounds],
  'goroutine 1': [[cli, 'goroutine', '1', ...files], rounds],
  'spans --format ndjson --bits': [[cli, 'spans', ...files, '--format', 'ndjson', '--bits'], rounds],
  'layout show go1.24.0/amd64 mspan': [[cli, 'layout', 'show', 'go1.24.0/amd64', 'mspan'], rounds],
  [small]: [[cli, 'overview', sample[0], cores.small], rounds],
  [padded]: [[cli, 'overview', sample[0], cores.large], rounds],
  ...Object.fromEntries(
    Object.entries(stripped).flatMap(([name, pair]) => [
      [`${name}: overview, nothing kept`, [[cli, 'overview', ...pair, '--no-cache'], rounds]],
      [`${name}: all roots, nothing kept`, [[cli, 'overview', ...pair, '--no-cache', '--json'], rounds]],
      [`${name}: overview, roots kept`, [[cli, 'overview', ...pair], rounds]],
      [`${name}: goroutine 1, nothing kept`, [[cli, 'goroutine', '1', ...pair, '--no-cache'], rounds]],
    ]),
  ),
  [untoldCold]: [[cli, 'overview', ...untold, '--no-cache'], rounds],
  [untoldKept]: [[cli, 'overview', ...untold], rounds],
  [names.nameless]: [[cli, 'overview', ...nameless, '--no-cache'], rounds],
  [names.alone]: [[cli, 'overview', sample[1], ...nowhere, '--no-cache'], rounds],
  [names.hidden]: [[cli, 'overview', ...stripped['the sample, stripped'], '--without', 'go1.27', '--no-cache'], rounds],
  ...(wiped && { [names.wiped]: [[cli, 'overview', wiped.binary, wiped.image, '--no-cache'], rounds] }),
  ...(many && {
    [manyPlain]: [[cli, 'goroutines', ...many], bigRounds],
    [manyStripped]: [[cli, 'goroutines', withoutSections(many[0], 'many'), many[1], '--no-cache'], bigRounds],
  }),
  ...(big && {
    [reading]: [['-e', readAll, big[1], String(Math.round(statSync(big[1]).blocks / 2048))], bigRounds],
    'a million spans: overview': [[cli, 'overview', ...big], bigRounds],
    [spans]: [[cli, 'spans', ...big, '--format', 'ndjson'], bigRounds],
    'a million spans: spans --sort base --reverse': [[cli, 'spans', ...big, '--sort', 'base', '--reverse'], bigRounds],
    'a million spans: spans --where': [[cli, 'spans', ...big, '--where', 'class=51 used>=70'], bigRounds],
  }),
};

function measure(command) {
  const env = {
    ...process.env,
    NODE_OPTIONS: `--require=${join(here, 'report-cpu.cjs')}`,
    SPANSCOPE_BENCH_FILE: report,
    XDG_CACHE_HOME: join(folder, 'cache'),
  };
  const { status, stderr } = spawnSync(process.execPath, command, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(readFileSync(report, 'utf8'));
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const samples = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
const frames = [];
// Round by round, so that a noisy moment hits every case alike; the first round warms the file cache.
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, [command, times]] of Object.entries(cases)) {
    if (round > times) continue;
    const result = measure(command);
    if (round > 0) samples[name].push(result);
  }
  const frame = await firstFrame([cli, ...files], 'StackInuse');
  if (round > 0) frames.push(frame.cpuMs);
}

const medianCpu = (name) => median(samples[name].map(({ cpuMs }) => cpuMs));
const bare = medianCpu(node);
const line = (name, ...cells) =>
  process.stdout.write(`${name.padEnd(66)}${cells.map((cell) => String(cell).padStart(8)).join('')}\n`);
line('case', 'CPU ms', 'min', '× node', '+ ms', 'MiB');
for (const [name, results] of Object.entries(samples)) {
  const cpu = medianCpu(name);
  const least = Math.min(...results.map(({ cpuMs }) => cpuMs));
  const peak = median(results.map(({ peakMiB }) => peakMiB));
  line(name, cpu.toFixed(0), least.toFixed(0), (cpu / bare).toFixed(2), (cpu - bare).toFixed(0), peak.toFixed(0));
}
const say = (text) => process.stdout.write(`${text}\n`);
for (const [name, { ratio, ms, share, of }] of Object.entries(bars)) {
  if (!samples[name]) continue;
  const most = ms ?? (share === undefined ? ratio * bare : share * medianCpu(of));
  const holds = medianCpu(name) <= most;
  if (!holds) process.exitCode = 1;
  say(`bar: ${name}: ${medianCpu(name).toFixed(0)} of ${most.toFixed(0)} ms${holds ? '' : ': NOT HELD'}`);
}
const leastBare = Math.min(...samples[node].map(({ cpuMs }) => cpuMs));
say(
  `first screen with the heap's numbers: ${median(frames).toFixed(0)} ms of CPU, node + ${(median(frames) - bare).toFixed(0)} (least: ${Math.min(...frames).toFixed(0)}, node + ${(Math.min(...frames) - leastBare).toFixed(0)})`,
);
say(`9 GB against a small core, same spans: × ${(medianCpu(padded) / medianCpu(small)).toFixed(2)}`);
const layout = await layoutCost('amd64', rounds);
say(
  `a layout table: ${(layout.opening + layout.expanding).toFixed(1)} ms of CPU: opening ${layout.opening.toFixed(1)}, expanding ${layout.structs} structs ${layout.expanding.toFixed(1)}`,
);
if (big) {
  say(
    `ndjson: ${Math.round(bigHeapSpans / (medianCpu(spans) / 1000)).toLocaleString('en')} rows a second of CPU, start-up included`,
  );
  for (const [what, keys] of Object.entries(await keyLatency([cli, ...big]))) {
    const line = (each) => {
      const sorted = keys.map(each).sort((a, b) => a - b);
      const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(0);
      return `${at(0.5)} ms, p95 ${at(0.95)}, most ${at(1)}`;
    };
    say(
      `a key while ${what}: ${line(({ ms }) => ms)} to its frame; the drawing thread's CPU ${line(({ cpuMs }) => cpuMs)} (${keys.length} keys)`,
    );
  }
} else say(`no core of a million spans in ${bigHeapFolder()}: npm run bench -- --big makes it`);
rmSync(folder, { recursive: true, force: true });
