// Loads program.js, the bundle of the command line and the engine, through V8's code cache where there is one that fits: starting then costs a
// third of the time. The cache is made by the build; another Node version refuses it, and compiles as usual.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const file = join(__dirname, 'program.js');
const cacheFile = `${file}.cache`;

function readCache() {
  try {
    return readFileSync(cacheFile);
  } catch {
    return undefined;
  }
}

const cachedData = readCache();
// The bundle is ASCII: one byte a character.
const script = new Script(readFileSync(file, 'latin1'), { filename: file, ...(cachedData ? { cachedData } : {}) });
const program = { exports: {} };
script.runInThisContext()(program.exports, require, program, file, __dirname);

module.exports = { program: program.exports, script, cacheFile };
