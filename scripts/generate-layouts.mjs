// Rewrites layouts/OS-ARCH.json from the DWARF of Go binaries: node scripts/generate-layouts.mjs [--keep] [--folder DIR] BINARY…
// --keep: releases that a file already holds, and that no given binary is of, stay in it. See layouts/README.md.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: 'boolean', default: false }, folder: { type: 'string', default: join(root, 'layouts') } },
});
if (positionals.length === 0) {
  process.stderr.write('usage: node scripts/generate-layouts.mjs [--keep] [--folder DIR] BINARY…\n');
  process.exit(2);
}

const temporary = mkdtempSync(join(tmpdir(), 'spanscope-layouts-'));
try {
  const outfile = join(temporary, 'generate.mjs');
  await build({
    entryPoints: [join(root, 'src/layout/generate.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  });
  const { measureFile, writeTables } = await import(pathToFileURL(outfile).href);
  const measured = positionals.map((path) => {
    const one = measureFile(path);
    const experiments = one.experiments.length === 0 ? '' : `+${one.experiments.join(',')}`;
    process.stdout.write(
      `${path}: ${one.goVersion}${experiments} ${one.os}/${one.arch}, ${one.structs.size} structs\n`,
    );
    return one;
  });
  for (const file of writeTables(values.folder, measured, { keep: values.keep })) process.stdout.write(`${file}\n`);
} finally {
  rmSync(temporary, { recursive: true });
}
