// `npm run fuzz -- [--runs N] [--seed S] [--set symbols|stripped] [--image NAME]`: unpacks small images, bundles the fuzzer, starts it as a process and watches it: a run that does not end is killed
// and told, as is anything but an InspectError.
import { fork } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
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
import { makeVariant } from '../../fixtures/stripped.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Milliseconds without a new run after which the fuzzer hangs: much more than a run may cost, for the machine may be slow and busy. */
const patience = 180_000;

/** What is damaged, little and big-endian, 32 and 64 bits. Without symbols roots are searched for; every second one is without build info and build IDs too. */
export const sets = {
  symbols: {
    images: ['go1.13-amd64', 'go1.18-386', 'go1.22-s390x', 'go1.25-amd64-nodwarf'],
  },
  stripped: {
    images: [
      'go1.13-amd64',
      'go1.16-amd64',
      'go1.18-386',
      'go1.21-amd64-pie',
      'go1.22-s390x',
      'go1.23-arm64',
      'go1.25-amd64-nodwarf',
      'go1.27-amd64-mark',
    ],
  },
};

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

function layOut(folder, set, only) {
  for (const [i, name] of sets[set].images.entries()) {
    if (only && name !== only) continue;
    const from = join(root, 'fixtures', 'images', name);
    const whole = { binary: join(folder, `${name}.binary`), image: join(folder, `${name}.core`) };
    writeFileSync(whole.binary, gunzipSync(readFileSync(join(from, 'server.gz'))));
    unpackSparse(gunzipSync(readFileSync(join(from, 'core.sparse.gz'))), whole.image);
    if (set !== 'stripped') continue;
    const made = makeVariant(i % 2 === 0 ? 'headers' : 'headers-info', whole, join(folder, 'variant'));
    for (const part of ['binary', 'image']) if (made[part] !== whole[part]) renameSync(made[part], whole[part]);
    rmSync(join(folder, 'variant'), { recursive: true });
  }
}

/** Resolves to what the fuzzer said: { code, stdout, stderr }. `only`: the one image of the set that is damaged. */
async function fuzz(runs, seed, set, only) {
  const folder = mkdtempSync(join(tmpdir(), 'spanscope-fuzz-'));
  const program = join(root, 'dist', `fuzz-${process.pid}.cjs`);
  // No `finally` runs where a signal ends it.
  const leaving = () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    rmSync(program, { force: true });
  };
  process.on('exit', leaving);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  try {
    layOut(folder, set, only);
    // Beside the built program: layouts/ is found from there.
    mkdirSync(join(root, 'dist'), { recursive: true });
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
    return await watch(program, [runs, seed, folder].map(String));
  } finally {
    leaving();
  }
}

function watch(program, args) {
  return new Promise((resolve) => {
    const child = fork(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    process.prependListener('exit', () => child.kill('SIGKILL'));
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
    options: {
      runs: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      set: { type: 'string', default: 'stripped' },
      image: { type: 'string' },
    },
  });
  const { code, stdout, stderr } = await fuzz(Number(values.runs), Number(values.seed), values.set, values.image);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code === 0 ? 0 : 1;
}
