// Runs a contract checker (its path is the argument) with the built program on the sample image, and on images of a lab folder if there is one.
//   node scripts/check-contract.mjs CHECKER [BINARY IMAGE]…
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [checker, ...named] = process.argv.slice(2);
const sample = join(root, 'fixtures', 'sample');
const pairs = named.length > 0 ? named : [join(sample, 'server'), join(sample, 'core.sparse')];
let failed = false;
for (let i = 0; i + 1 < pairs.length; i += 2) {
  process.stdout.write(`${pairs[i]} ${pairs[i + 1]}\n`);
  const args = [checker, '--', process.execPath, join(root, 'dist', 'cli.js'), '--', pairs[i], pairs[i + 1]];
  failed = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0 || failed;
}
process.exitCode = failed ? 1 : 0;
