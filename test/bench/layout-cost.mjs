// What a layout table costs an image: opening the file of an arch, and expanding the structs that an overview and a goroutine list ask for. Measured inside
// fresh processes, with the code bundled and loaded through V8's code cache as the program's own is.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const release = 'go1.24.13';
const structs = 'mspan mheap mcentral mcache heapArena gcControllerState mstats workType schedt g gobuf m p moduledata';

/** Run with `node -e`: argv[1] is load.js of the build, then the bundle beside it, release, arch, structs; the last is given when the cache is made. */
const measured = `
const [, load, bundle, goVersion, goarch, names, making] = process.argv;
const { writeFileSync } = require('node:fs');
const { exports, script, cacheFile } = require(load).loadBundle(bundle);
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const start = cpu();
const layout = exports.layoutFromTable({ goVersion, goarch, experiments: [] });
const opened = cpu();
for (const name of names.split(' ')) if (!layout.struct(name)) throw new Error(name);
const expanded = cpu();
if (making) writeFileSync(cacheFile, script.createCachedData());
else console.log(JSON.stringify({ opening: opened - start, expanding: expanded - opened }));
`;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** CPU milliseconds, medians of `rounds` processes: `opening` the table of `goarch`, `expanding` so many `structs` of one release. */
export async function layoutCost(goarch, rounds) {
  // Inside the repository: the tables are looked for beside the package.json above the bundle.
  const folder = mkdtempSync(join(root, '.dist-bench-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}\n');
    await build({
      absWorkingDir: root,
      entryPoints: ['src/layout/load.ts'],
      outfile: join(folder, 'layout.js'),
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      banner: {
        js: "(function(exports,require,module,__filename,__dirname){const __moduleUrl=require('node:url').pathToFileURL(__filename).href;",
      },
      footer: { js: '})' },
      define: { 'import.meta.url': '__moduleUrl' },
    });
    const run = (...more) => {
      const dist = join(root, 'dist');
      const bundle = join(relative(dist, folder), 'layout');
      const args = ['-e', measured, join(dist, 'load.js'), bundle, release, goarch, structs];
      const { status, stdout, stderr } = spawnSync(process.execPath, [...args, ...more], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`the layout of ${release}/${goarch} was not read: ${stderr}`);
      return stdout;
    };
    run('making');
    const results = Array.from({ length: rounds }, () => JSON.parse(run()));
    return {
      opening: median(results.map(({ opening }) => opening)),
      expanding: median(results.map(({ expanding }) => expanding)),
      structs: structs.split(' ').length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
