// Bundles dist/: program.js (command line and engine, CommonJS, with V8's code cache beside it), tui.js (the terminal UI likewise, loaded only when it is
// asked for), and the small files of src/launch/ that start them.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { tuiPlugin } from './tui-bundle-plugin.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
// Built beside and then put in place, so that a program that runs from dist/ never sees half of it.
const fresh = mkdtempSync(join(root, '.dist-'));

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
};

const lateCrypto =
  "module.exports = { get createHash() { return require('node:crypto').createHash; }, get randomBytes() { return require('node:crypto').randomBytes; } };";

/**
 * Built-in modules that cost 3 to 10 ms each to load and are not used, or seldom: commander's way to start other programs (there are none), what elfy takes of
 * assert and util, zlib, which is loaded when something has to be inflated, and crypto, when something is kept under a hash as its name.
 */
const lightBuiltins = {
  name: 'light-builtins',
  setup(builder) {
    const replaced = {
      commander: { 'node:child_process': 'module.exports = {};' },
      elfy: {
        assert: "module.exports = { equal(a, b) { if (a !== b) throw new Error('not equal'); } };",
        util: 'module.exports = { inherits(child, parent) { Object.setPrototypeOf(child.prototype, parent.prototype); } };',
      },
      'unpack-cache.ts': { 'node:crypto': lateCrypto },
      'section-bytes.ts': {
        'node:zlib':
          "module.exports = { get inflateSync() { return require('node:zlib').inflateSync; }, get constants() { return require('node:zlib').constants; } };",
      },
    };
    builder.onResolve({ filter: /^(node:child_process|assert|util|node:zlib|node:crypto)$/ }, ({ path, importer }) => {
      const owner = Object.keys(replaced).find((name) => importer.includes(name) && path in replaced[name]);
      return owner === undefined ? undefined : { path, namespace: 'light', pluginData: replaced[owner][path] };
    });
    builder.onLoad({ filter: /.*/, namespace: 'light' }, ({ pluginData }) => ({ contents: pluginData, loader: 'js' }));
  },
};

// A function of what a CommonJS module knows; src/launch/load.cjs calls it.
const wrapped = {
  format: 'cjs',
  banner: {
    js: "(function(exports,require,module,__filename,__dirname){const __moduleUrl=require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
};

/** The packages whose code went into a bundle, by esbuild's list of inputs. */
const bundledPackages = new Set();

async function bundle(options) {
  const { metafile } = await build({ ...options, metafile: true });
  for (const input of Object.keys(metafile.inputs)) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(input)?.[1];
    if (name) bundledPackages.add(name);
  }
}

/** The notices that the licences of the bundled packages ask for. */
function thirdPartyNotices() {
  const texts = [...bundledPackages].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license, author, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    // A package without a licence file says whose work it is at the top of its code.
    const entry = main && join(folder, main);
    const banner = entry && existsSync(entry) ? /^\/\*![\s\S]*?\*\//.exec(readFileSync(entry, 'utf8'))?.[0] : undefined;
    const text = file
      ? readFileSync(join(folder, file), 'utf8').trim()
      : [`Licence: ${license}`, author && `Author: ${author.name ?? author}`, banner].filter(Boolean).join('\n');
    return `${name} ${version}\n\n${text}\n`;
  });
  return `Code of these packages is part of the bundles in this folder.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

async function bundleProgram() {
  await bundle({
    ...shared,
    ...wrapped,
    entryPoints: ['src/program.ts'],
    outfile: join(fresh, 'program.js'),
    plugins: [lightBuiltins],
    define: { 'import.meta.url': '__moduleUrl' },
  });
}

async function bundleTui() {
  await bundle({
    ...shared,
    ...wrapped,
    entryPoints: { tui: 'tui/main.tsx' },
    outdir: fresh,
    jsx: 'automatic',
    plugins: [tuiPlugin()],
    define: { 'import.meta.url': '__moduleUrl', 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  });
}

const started = Date.now();
try {
  chmodSync(fresh, 0o755);
  writeFileSync(join(fresh, 'package.json'), '{"type":"commonjs"}\n');
  for (const name of ['load', 'cli', 'engine-worker', 'watchdog'])
    copyFileSync(join(root, 'src/launch', `${name}.cjs`), join(fresh, `${name}.js`));
  chmodSync(join(fresh, 'cli.js'), 0o755);
  await bundleProgram();
  await bundleTui();
  writeFileSync(join(fresh, 'THIRD-PARTY-LICENSES.txt'), thirdPartyNotices());
  const old = `${fresh}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
  // The cache holds the bundle's own path, so it is made where the bundle stays. Without it the program only starts slower.
  spawnSync(process.execPath, [join(root, 'scripts/code-cache.cjs'), dist], { stdio: 'ignore' });
} catch (error) {
  rmSync(fresh, { recursive: true, force: true });
  process.stderr.write(`spanscope: build: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
if (!process.argv.includes('--quiet')) process.stdout.write(`dist/ built in ${Date.now() - started} ms\n`);
