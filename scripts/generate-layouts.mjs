// Rewrites layouts/OS-ARCH.json: builds every binary that fixtures/releases.json asks for, where it is not there yet, and measures them all.
//   node scripts/generate-layouts.mjs              everything
//   node scripts/generate-layouts.mjs --no-build   of the binaries that are there
// What can't be built is said, and left out. One release more: `spanscope layout generate --folder layouts --keep BINARY…`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { labFolder, releases } from '../fixtures/lab.mjs';
import { layoutBinaryName } from '../fixtures/layout-binaries.mjs';
import { knownReleases } from '../fixtures/toolchains.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { 'no-build': { type: 'boolean', default: false } } });

/** Runs a script of this repository; its exit code. */
function node(...args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  return status ?? 1;
}

const failed = values['no-build'] ? 0 : node('fixtures/layout-binaries.mjs');
const wanted = Object.keys(releases.arches).flatMap((goarch) =>
  knownReleases(goarch).map((text) => join(labFolder('layout'), layoutBinaryName(text, goarch))),
);
const binaries = wanted.filter((path) => existsSync(path));
process.stdout.write(`${binaries.length} of ${wanted.length} binaries\n`);
const done =
  node('scripts/build.mjs', '--quiet') || node('dist/cli.js', 'layout', 'generate', '--folder', 'layouts', ...binaries);
process.exitCode = done || failed;
