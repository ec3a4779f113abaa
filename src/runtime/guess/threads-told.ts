// Patches of one release line that differ in m (an allpSnapshot moved alllink in 1.23.12 and in 1.24.6): an idle program’s g’s and P’s lead to no m, so nothing else may tell them apart.
import type { Memory } from '../../image/memory.js';
import type { AddressRange } from '../../image/scan-words.js';
import type { Layout } from '../../layout/types.js';
import { findAllm } from '../roots/structure-finder.js';

interface Where {
  readonly memory: Memory;
  readonly ranges: readonly AddressRange[];
}

interface Candidate {
  readonly layout: Layout;
  readonly mheap: number;
}

/** More threads than tell layouts apart. */
const enough = 1000;

/**
 * The candidates under which the list from allm is longest (runtime/proc.go, mcommoninit puts every m into it): at another offset than alllink's it ends after the first m.
 * Looks at the image only where m.alllink is not at one place in all of them.
 */
export function withMostMs<T extends Candidate>(where: Where, candidates: readonly T[]): readonly T[] {
  const lengths = new Map<number | undefined, number>();
  for (const { layout } of candidates) lengths.set(linkOf(layout), 0);
  if (lengths.size < 2) return candidates;
  for (const link of lengths.keys())
    lengths.set(link, longest(where, candidates.find(({ layout }) => linkOf(layout) === link)!));
  const most = Math.max(...lengths.values());
  return candidates.filter(({ layout }) => lengths.get(linkOf(layout)) === most);
}

const linkOf = (layout: Layout) => layout.field('m', 'alllink')?.offset;

function longest({ memory, ranges }: Where, { layout, mheap }: Candidate): number {
  const link = linkOf(layout);
  const known = (name: string) => (name === 'runtime.mheap_' ? mheap : undefined);
  const [head] = findAllm({ memory, layout }, ranges, known);
  if (head === undefined || link === undefined) return 0;
  let length = 0;
  for (let m = memory.word(head); m && length < enough; m = memory.word(m + link)) length += 1;
  return length;
}
