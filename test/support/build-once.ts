// vitest's global setup: the built program is what the end-to-end tests run.
import { spawnSync } from 'node:child_process';

export function setup(): void {
  const result = spawnSync(process.execPath, ['scripts/build.mjs', '--quiet'], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the build failed:\n${result.stdout}${result.stderr}`);
}
