// Adds up what the runners reported: every *.json (vitest's JSON reporter) and *.txt ("N passed, N failed" lines) in a folder. Names each test that failed, with
// what it said, last of all: whoever sees only the end of a log sees why. A NAME.exit beside NAME.json says that this runner ended with an error.
//   node scripts/count-tests.mjs FOLDER [PASSED FAILED]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Lines of one failure's message that are repeated, and failures that are named at all. */
const mostLines = 12;
const mostNamed = 20;

const [folder, extraPassed = '0', extraFailed = '0'] = process.argv.slice(2);
let passed = Number(extraPassed);
let failed = Number(extraFailed);
let skipped = 0;
let reports = 0;
const failures = [];

function note(file, name, message) {
  const lines = stripVTControlCharacters(message ?? '').split('\n');
  failures.push([`FAILED: ${relative('.', file)}: ${name}`, ...lines.slice(0, mostLines).map((line) => `  ${line}`)]);
}

for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), 'utf8');
  if (name.endsWith('.json')) {
    const report = JSON.parse(text);
    reports += 1;
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    skipped += report.numPendingTests + report.numTodoTests;
    const before = failures.length;
    for (const file of report.testResults) {
      const failing = file.assertionResults.filter(({ status }) => status === 'failed');
      for (const { fullName, failureMessages } of failing) note(file.name, fullName, failureMessages.join('\n'));
      // A file that could not even be loaded, or whose hooks failed, has no tests to fail.
      if (file.status !== 'failed' || failing.length > 0) continue;
      failed += 1;
      note(file.name, 'the file itself', file.message);
    }
    // An error outside of any test, as of a promise that nobody awaited, is in no report.
    if (existsSync(join(folder, name.replace('.json', '.exit'))) && failures.length === before) {
      failed += 1;
      note(name, 'the run itself', 'no test failed, and yet the runner ended with an error: see its log');
    }
  } else if (name.endsWith('.txt')) {
    for (const [, p, f] of text.matchAll(/^(\d+) passed, (\d+) failed$/gm)) {
      passed += Number(p);
      failed += Number(f);
    }
  }
}
if (reports < 2) {
  process.stdout.write(`only ${reports} test report(s) in ${folder}: a runner did not finish\n`);
  failed += 1;
}
for (const lines of failures.slice(0, mostNamed)) process.stdout.write(`${lines.join('\n')}\n`);
if (failures.length > mostNamed) process.stdout.write(`… and ${failures.length - mostNamed} more\n`);
process.stdout.write(
  skipped > 0 ? `${passed} passed, ${failed} failed, ${skipped} skipped\n` : `${passed} passed, ${failed} failed\n`,
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
