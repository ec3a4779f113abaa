#!/usr/bin/env node
// What `spanscope` runs. The version is told without loading anything.
const argv = process.argv.slice(2);
if (argv[0] === '-V' || argv.includes('--version')) {
  process.stdout.write(`spanscope ${require('../package.json').version}\n`);
} else {
  const { loadBundle } = require('./load.js');
  loadBundle('program')
    .exports.main(argv, async () => loadBundle('tui').exports)
    .then((code) => {
      process.exitCode = code;
    });
}
