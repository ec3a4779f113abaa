// How large the slots are where an address lies in the heap, by the span of its page: tells cheaply what a pointer can't lead to. Spans stand together, objects all over the heap, so that
// asking here reads a hundredth of what looking at the objects would.
import { makeArenaLookup } from './arena.js';
import type { Scene } from './roots/validate.js';

/** Bytes of the slots of the span that holds `address`; undefined where no span does, or that can't be read. */
export type SlotBytes = (address: number) => number | undefined;

/** `mheap`: where mheap_ stands, if that is proved; without it nothing is known of any address. */
export function slotBytesOf({ memory, layout }: Scene, mheap: number | undefined): SlotBytes {
  const arenas = mheap === undefined ? undefined : makeArenaLookup(memory, layout, mheap);
  const elemsize = layout.field('mspan', 'elemsize');
  if (!arenas || !elemsize) return () => undefined;
  const { pageSize } = layout.traits;
  const byPage = new Map<number, number | undefined>();
  return (address) => {
    const page = Math.floor(address / pageSize);
    if (byPage.has(page)) return byPage.get(page);
    const span = arenas.spanAddressOf(address);
    const bytes = span === undefined ? undefined : memory.word(span + elemsize.offset);
    byPage.set(page, bytes);
    return bytes;
  };
}
