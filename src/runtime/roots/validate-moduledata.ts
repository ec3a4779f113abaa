// Proves firstmoduledata: its bounds are in the order in which the linker lays a Go module out, and they hold mheap_
// (runtime/symtab.go, type moduledata; moduledataverify1).
import { contradicts, holds, type Scene, unreadable, type Verdict } from './validate.js';

export function validateModuledata({ memory, layout }: Scene, address: number, mheap: number | undefined): Verdict {
  const get = (path: string): number | undefined => {
    const field = layout.field('moduledata', path);
    return field && memory.word(address + field.offset);
  };
  const [text, minpc, maxpc, etext] = [get('text'), get('minpc'), get('maxpc'), get('etext')];
  const [data, edata, bss, ebss] = [get('data'), get('edata'), get('bss'), get('ebss')];
  if (text === undefined || minpc === undefined || maxpc === undefined || etext === undefined)
    return unreadable('moduledata is unreadable');
  if (data === undefined || edata === undefined || bss === undefined || ebss === undefined)
    return unreadable('moduledata is unreadable');
  if (!(text > 0 && text <= minpc && minpc < maxpc && maxpc <= etext))
    return contradicts('text, minpc, maxpc and etext are out of order');
  if (!(data <= edata && edata <= bss && bss <= ebss)) return contradicts('data, edata, bss and ebss are out of order');
  if (mheap === undefined) return holds('its bounds are in order');
  return mheap >= bss && mheap < ebss
    ? holds('its bounds are in order, and mheap_ lies in its bss')
    : contradicts('mheap_ does not lie in its bss');
}
