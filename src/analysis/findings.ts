// The diagnosis: rules over what was read, each in a file of its own under findings/, most severe finding first. A rule is a function from a scene to
// findings; what is lawful at some moment of the runtime's life (a transient) is never one.
import type { GoProcess } from '../runtime/process.js';
import type { SpanTable } from '../runtime/span-table.js';
import { allocCountMismatch } from './findings/alloc-count-mismatch.js';
import { fragmentation } from './findings/fragmentation.js';
import { gcGoalRunaway } from './findings/gc-goal-runaway.js';
import { gcOff } from './findings/gc-off.js';
import type { Rule } from './findings/rule.js';
import type { Finding } from './results.js';
import { type SummedSpans, sumSpans } from './span-totals.js';

const rules: readonly Rule[] = [allocCountMismatch, gcOff, gcGoalRunaway, fragmentation];
const severities = ['high', 'medium', 'low'] as const;

/** `spans`: the whole table, or its sums and the rows that differ. */
export function findingsOf(process: GoProcess, spans: SpanTable | SummedSpans): readonly Finding[] {
  const { rows, sums } = 'sums' in spans ? spans : { rows: spans, sums: sumSpans(process.layout, spans) };
  const scene = { process, rows, sums };
  const found = rules.flatMap((rule) => rule(scene));
  return severities.flatMap((severity) => found.filter((finding) => finding.severity === severity));
}
