// The sample as it is deployed and worse, for the bench: nothing tells its version, names of functions garbled. What is overwritten is what the tests overwrite.
import { copyFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Loads a module of test/support. */
async function support(name, folder) {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [`test/support/${name}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return import(pathToFileURL(outfile).href);
}

/** Pairs of binary and core by name, made in `folder`, of a binary of `version` with section headers and its core. */
export async function altered([server, core], version, folder) {
  const { untoldBytes } = await support('untold', folder);
  const { garbled, overwrite, tablePlace, withoutSections } = await support('damaged-binary', folder);
  const pair = (name) => [join(folder, `${name}.server`), join(folder, `${name}.core`)];
  const untold = pair('untold');
  writeFileSync(untold[0], untoldBytes(server, version));
  writeFileSync(untold[1], untoldBytes(core, version));
  const nameless = pair('nameless');
  copyFileSync(server, nameless[0]);
  copyFileSync(core, nameless[1]);
  overwrite(nameless, server, tablePlace(server).names, garbled);
  withoutSections(nameless[0], nameless[0]);
  return { untold, nameless };
}
