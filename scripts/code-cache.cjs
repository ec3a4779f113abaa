// Writes dist/program.js.cache and dist/tui.js.cache: runs the usual commands once, so that V8 has compiled what they use, and keeps its code.
// Run by the build, in a process of its own.
const { existsSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const { loadBundle } = require(join(process.argv[2], 'load.js'));
const { exports: program, script, cacheFile } = loadBundle('program');

async function warm() {
  const sample = ['server', 'core.sparse'].map((name) => join(root, 'fixtures', 'sample', name));
  if (sample.every((file) => existsSync(file))) {
    await program.main(['overview', ...sample], undefined);
    await program.main(['spans', '--limit', '5', '--bits', '--format', 'ndjson', ...sample], undefined);
  }
  writeFileSync(cacheFile, script.createCachedData());
  // Without a terminal no screen can be drawn here: what loading alone compiles is half of it.
  const tui = loadBundle('tui');
  writeFileSync(tui.cacheFile, tui.script.createCachedData());
}

warm();
