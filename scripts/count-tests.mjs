// Adds up what the runners reported: every *.json (vitest's JSON reporter) and *.txt ("N passed, N failed" lines) in a folder.
//   node scripts/count-tests.mjs FOLDER [PASSED FAILED]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, extraPassed = '0', extraFailed = '0'] = process.argv.slice(2);
let passed = Number(extraPassed);
let failed = Number(extraFailed);
let skipped = 0;
let reports = 0;
for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), 'utf8');
  if (name.endsWith('.json')) {
    const report = JSON.parse(text);
    reports += 1;
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    skipped += report.numPendingTests + report.numTodoTests;
    // A file that could not even be loaded has no tests to fail.
    failed += report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
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
process.stdout.write(
  skipped > 0 ? `${passed} passed, ${failed} failed, ${skipped} skipped\n` : `${passed} passed, ${failed} failed\n`,
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
