// Bundles dist/: cli.js (no React), tui.js (loaded only when the terminal UI is asked for), engine-worker.js.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

const started = Date.now();
await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli/main.ts', tui: 'tui/main.tsx', 'engine-worker': 'src/session/engine-worker.ts' },
  outdir: dist,
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  jsx: 'automatic',
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"', SPANSCOPE_VERSION: JSON.stringify(version) },
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  logLevel: 'warning',
});
if (!process.argv.includes('--quiet')) process.stdout.write(`dist/ built in ${Date.now() - started} ms\n`);
