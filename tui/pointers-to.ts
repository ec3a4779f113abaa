// The range that «which stacks point here» asks about, from what an address is: its slot, else the span, else the place itself.
import type { FindResult } from '../src/analysis/results.js';
import { pointersTo } from './navigation.js';
import { grouped } from './numbers.js';
import type { NewScreen } from './screen-state.js';

export function pointersToFound({ address, slot, span, what }: FindResult): NewScreen {
  if (slot !== null) return pointersTo(slot.address, Number(slot.size), `slot ${grouped(slot.index)}`);
  const length = span?.base && span.limit ? Number(span.limit) - Number(span.base) : 0;
  if (span?.base && length > 0 && Number(address) >= Number(span.base) && Number(address) < Number(span.limit))
    return pointersTo(span.base, length, `span of mspan ${span.addr}`);
  return pointersTo(address, 1, what);
}
