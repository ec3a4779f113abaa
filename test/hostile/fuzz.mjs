// `npm run fuzz -- [--runs N] [--seed S]`: unpacks small images, bundles the fuzzer, starts it as a process and watches it: a run that does not end is killed
// and told, as is anything but an InspectError.
import { fork } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
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
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Milliseconds without a new run after which the fuzzer hangs: much more than a run may cost, for the machine may be busy. */
const patience = 60_000;

/** Little and big-endian, 32 and 64 bits; without symbols, where roots are searched for, each once more. */
const images = ['go1.13-amd64', 'go1.18-386', 'go1.22-s390x', 'go1.25-amd64-nodwarf'];

/** The file that a packed-sparse container holds, with holes where it has zeros. */
function unpackSparse(bytes, path) {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, Number(bytes.readBigUInt64LE(8)));
  const count = bytes.readUInt32LE(16);
  let stored = 24 + 16 * count;
  for (let i = 0; i < count; i += 1) {
    const [offset, length] = [24, 32].map((field) => Number(bytes.readBigUInt64LE(field + 16 * i)));
    writeSync(fd, bytes, stored, length, offset);
    stored += length;
  }
  closeSync(fd);
}

/** The section headers' place and number in the ELF header, zeroed: no symbols, no sections. */
function strip(bytes) {
  const wide = bytes[4] === 2;
  const stripped = Buffer.from(bytes);
  stripped.fill(0, wide ? 40 : 32, wide ? 48 : 36);
  stripped.fill(0, wide ? 60 : 48, wide ? 64 : 52);
  return stripped;
}

function layOut(folder) {
  for (const name of images) {
    const from = join(root, 'fixtures', 'images', name);
    const binary = gunzipSync(readFileSync(join(from, 'server.gz')));
    const core = gunzipSync(readFileSync(join(from, 'core.sparse.gz')));
    for (const [as, bytes] of [
      [name, binary],
      [`${name}-stripped`, strip(binary)],
    ]) {
      writeFileSync(join(folder, `${as}.binary`), bytes);
      unpackSparse(core, join(folder, `${as}.core`));
    }
  }
}

/** Resolves to what the fuzzer said: { code, stdout, stderr }. */
export async function fuzz(runs, seed) {
  const folder = mkdtempSync(join(tmpdir(), 'spanscope-fuzz-'));
  try {
    layOut(folder);
    // Beside the built program: layouts/ is found from there.
    mkdirSync(join(root, 'dist'), { recursive: true });
    const program = join(root, 'dist', `fuzz-${process.pid}.cjs`);
    await build({
      absWorkingDir: root,
      entryPoints: ['test/hostile/fuzz-images.ts'],
      outfile: program,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logLevel: 'error',
      define: { 'import.meta.url': '__bundleUrl' },
      banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    });
    try {
      return await watch(program, [String(runs), String(seed), folder]);
    } finally {
      rmSync(program, { force: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function watch(program, args) {
  return new Promise((resolve) => {
    const child = fork(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    process.on('exit', () => child.kill('SIGKILL'));
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
    const said = { stdout: '', stderr: '' };
    let last = 'before the first run';
    let timer;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        said.stderr += `hangs: ${last}\n`;
        child.kill('SIGKILL');
      }, patience);
    };
    wait();
    child.on('message', ({ at }) => {
      last = at;
      wait();
    });
    for (const name of ['stdout', 'stderr'])
      child[name].on('data', (piece) => {
        said[name] += piece;
      });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code !== 0) said.stderr += `last run: ${last}\n`;
      resolve({ code, ...said });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
  });
  const { code, stdout, stderr } = await fuzz(Number(values.runs), Number(values.seed));
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code === 0 ? 0 : 1;
}
