// Writes dist/program.js.cache and dist/tui.js.cache: runs the usual commands and draws the first screen once, so that V8 has compiled what they use,
// and keeps its code. Run by the build, in a process of its own.
const { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Duplex } = require('node:stream');

const root = join(__dirname, '..');
const { loadBundle } = require(join(process.argv[2], 'load.js'));
const bundles = new Map();

function bundle(name) {
  const loaded = bundles.get(name) ?? loadBundle(name);
  bundles.set(name, loaded);
  return loaded.exports;
}

/** A terminal without anybody before it: `q` is typed when the first screen with its numbers was drawn. Where it never comes, the process ends with its last event. */
function lonelyTerminal() {
  let drawn = '';
  const terminal = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      drawn += chunk;
      if (drawn.includes('StackInuse')) terminal.push('q');
      done();
    },
  });
  return Object.assign(terminal, {
    isTTY: true,
    columns: 100,
    rows: 30,
    setRawMode: () => terminal,
    ref() {},
    unref() {},
  });
}

/** The sample's binary without section headers, in a folder: it has no symbols, and everything is searched for. */
function strippedServer(server, folder) {
  const bytes = readFileSync(server);
  // e_shoff; e_shnum and e_shstrndx.
  bytes.fill(0, 0x28, 0x30).fill(0, 0x3c, 0x40);
  const path = join(folder, 'server');
  writeFileSync(path, bytes);
  return path;
}

async function warm() {
  const { main } = bundle('program');
  const sample = ['server', 'core.sparse'].map((name) => join(root, 'fixtures', 'sample', name));
  if (!sample.every((file) => existsSync(file))) return;
  await main(['overview', ...sample], undefined);
  const folder = mkdtempSync(join(tmpdir(), 'spanscope-build-'));
  try {
    await main(['overview', '--json', '--no-cache', strippedServer(sample[0], folder), sample[1]], undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await main(['spans', '--limit', '5', '--bits', '--format', 'ndjson', ...sample], undefined);
  const terminal = lonelyTerminal();
  for (const name of ['stdin', 'stdout']) Object.defineProperty(process, name, { value: terminal });
  await main(sample, async () => bundle('tui'));
}

// Written at the end in any case: what was compiled until then is worth keeping.
process.on('exit', () => {
  bundle('tui');
  for (const { script, cacheFile } of bundles.values()) writeFileSync(cacheFile, script.createCachedData());
});
warm();
