// allocCount == freeindex + popcount(allocBits from freeindex): holds for every span of a healthy heap (runtime/mheap.go, mbitmap.go). What a thread stopped
// inside the allocator or the sweeper explains was judged a transient before, and is none.
import { spanFlag } from '../../runtime/span-table.js';
import { addressText } from '../numbers.js';
import type { Finding } from '../results.js';
import type { RuleScene } from './rule.js';

/** Evidence rows a finding shows; the rest is counted. */
const maxEvidence = 20;

export function allocCountMismatch({ rows: table }: RuleScene): Finding[] {
  const rows = table.differing.filter((row) => table.flags[row]! & spanFlag.mismatch);
  if (rows.length === 0) return [];
  return [
    {
      id: 'alloc-count-mismatch',
      severity: 'high',
      title: `${rows.length} ${rows.length === 1 ? 'span says' : 'spans say'} something else in allocCount than in freeindex and allocBits`,
      evidence: rows.slice(0, maxEvidence).map((row) => ({
        what: `mspan of ${addressText(table.base[row]!)}: allocCount ${table.allocCount[row]}, freeindex and allocBits say ${table.allocated[row]}`,
        value: table.allocated[row]! - table.allocCount[row]!,
        address: addressText(table.addr[row]!),
      })),
      meaning:
        'Allocation bitmaps or counters of these spans were overwritten, or the image was torn while it was taken. The runtime would hand out memory twice or throw at the next sweep.',
      advice:
        'Look at the slot map of each (spanscope span ADDR) for a repeated pattern, and look for unsafe code, cgo or a data race that writes there.',
    },
  ];
}
