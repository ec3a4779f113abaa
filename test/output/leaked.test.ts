// Leaked goroutines (1.26) in Go's own form: `goroutine 8 [select (leaked)]:`, as go1.27.4 dumped one of a goroutineleak profile.
import { expect, it } from 'vitest';
import { stateName } from '../../src/analysis/goroutine-query.js';
import type { GoroutineResult } from '../../src/analysis/results-goroutines.js';
import { layoutsFolder } from '../../src/layout/load.js';
import { loadTraits } from '../../src/layout/traits.js';
import { tracebackText } from '../../src/output/traceback-text.js';
import { stateText } from '../../tui/components/goroutine-table.js';
import { waitingGoroutine } from '../support/goroutine-result.js';

const leaked: GoroutineResult = { ...waitingGoroutine, goid: 8, status: 'leaked', waitReason: 'select' };

it('says that it leaked behind what it waits for', () => {
  const { traceback: traits } = loadTraits(layoutsFolder()).at({
    goVersion: 'go1.27.4',
    goos: 'linux',
    goarch: 'amd64',
    pointerSize: 8,
    experiments: [],
  });
  expect(tracebackText(leaked, { traits, all: false, labels: false })).toMatch(/^goroutine 8 \[select \(leaked\)\]:\n/);
  expect(stateName({ status: 'waiting', waitReason: 'select' })).toBe('select');
  expect(stateName({ status: 'leaked' })).toBe('leaked');
  expect(stateText({ status: 'leaked', waitReason: 'select', lockedToThread: true })).toBe('select (leaked) (locked)');
});
