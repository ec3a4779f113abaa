// Bundles dist/: cli.js (no React), tui.js (loaded only when the terminal UI is asked for), engine-worker.js.
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const dist = join(root, 'dist');
// Built beside and then put in place, so that a program that runs from dist/ never sees half of it.
const fresh = mkdtempSync(join(root, '.dist-'));
chmodSync(fresh, 0o755);

// Ink asks for the React developer tools only when DEV is set, which it is not here.
const stubs = {
  name: 'stubs',
  setup(builder) {
    builder.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'stub' }));
    builder.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({ contents: 'export default undefined;' }));
  },
};
const tuiPlugin = join(root, 'scripts', 'tui-bundle-plugin.mjs');
const plugins = existsSync(tuiPlugin) ? [(await import(tuiPlugin)).tuiPlugin()] : [stubs];

const started = Date.now();
try {
  await build({
    absWorkingDir: root,
    entryPoints: { cli: 'src/cli/main.ts', 'engine-worker': 'src/session/engine-worker.ts' },
    outdir: fresh,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    jsx: 'automatic',
    legalComments: 'none',
    plugins,
    define: {
      'process.env.NODE_ENV': '"production"',
      'process.env.DEV': '"false"',
      SPANSCOPE_VERSION: JSON.stringify(version),
    },
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: 'warning',
  });
  const old = `${fresh}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
} catch (error) {
  rmSync(fresh, { recursive: true, force: true });
  process.stderr.write(`spanscope: build: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
if (!process.argv.includes('--quiet')) process.stdout.write(`dist/ built in ${Date.now() - started} ms\n`);
