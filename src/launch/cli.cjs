#!/usr/bin/env node
// What `spanscope` runs. The version is told without loading anything.
const argv = process.argv.slice(2);
if (argv[0] === '-V' || argv.includes('--version')) {
  process.stdout.write(`spanscope ${require('../package.json').version}\n`);
} else {
  const { loadBundle } = require('./load.js');
  // V8 optimizes what has run for 66 KiB of bytecode. Most of what an overview of a small heap runs is over before that pays: it takes a fifth less CPU time with more, one of a
  // million spans a fifth more. Asked for when the bundle is loaded, since V8 takes no code from a cache that was made under other flags.
  const optimizeAfter = (bytes) => require('node:v8').setFlagsFromString(`--interrupt-budget=${bytes}`);
  loadBundle('program')
    .exports.main(argv, async () => loadBundle('tui').exports, optimizeAfter)
    .then((code) => {
      process.exitCode = code;
    });
}
