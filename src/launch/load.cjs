// Loads program.js, the bundle of the command line and the engine, and tui.js when it is asked for, through V8's code cache where there is one
// that fits: starting then costs a third of the time. The cache is made by the build; another Node version refuses it, and compiles as usual.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

function readCache(cacheFile) {
  try {
    return readFileSync(cacheFile);
  } catch {
    return undefined;
  }
}

/** A bundle of dist/ by name: what it exports, and what code-cache.cjs needs. */
function loadBundle(name) {
  const file = join(__dirname, `${name}.js`);
  const cacheFile = `${file}.cache`;
  const cachedData = readCache(cacheFile);
  // The bundle is ASCII: one byte a character.
  const script = new Script(readFileSync(file, 'latin1'), { filename: file, ...(cachedData ? { cachedData } : {}) });
  const bundle = { exports: {} };
  script.runInThisContext()(bundle.exports, require, bundle, file, __dirname);
  return { exports: bundle.exports, script, cacheFile };
}

module.exports = { loadBundle };
