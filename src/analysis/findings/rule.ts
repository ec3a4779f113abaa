// What a rule of the diagnosis is given, and small helpers for its evidence.
import { type CounterPlace, controllerField } from '../../runtime/heap-stats.js';
import type { GoProcess } from '../../runtime/process.js';
import type { SpanRows } from '../../runtime/span-table.js';
import { addressText } from '../numbers.js';
import type { AddressText, Finding } from '../results.js';
import type { SpanSums } from '../span-totals.js';

export interface RuleScene {
  readonly process: GoProcess;
  /** At least the rows that differ. */
  readonly rows: SpanRows;
  readonly sums: SpanSums;
}

export type Rule = (scene: RuleScene) => readonly Finding[];

/** Where the first of several fields that this release has stands in the image; null if it has none. */
export function addressOf(process: GoProcess, ...places: readonly CounterPlace[]): AddressText | null {
  for (const [root, struct, path] of places) {
    const field = process.layout.field(struct, path);
    const address = process.address(root);
    if (field && address !== undefined) return addressText(address + field.offset);
  }
  return null;
}

export const gcPercentPlace = controllerField('gcPercent');
