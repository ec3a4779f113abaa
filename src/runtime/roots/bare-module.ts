// Whether a moduledata stands at an address whose function table the image does not hold: kernel cores leave out read-only data, and there may be no binary. Its bounds,
// its pointer masks and its place must make sense together. Sources: runtime/symtab.go, type moduledata and moduledataverify1; cmd/link/internal/ld/symtab.go.
import { isPlugin } from '../function-tables.js';
import type { Scene } from './validate.js';

const sections = ['text', 'noptrdata', 'data', 'bss', 'noptrbss'] as const;
const masks = ['data', 'bss'] as const;

/** False also where the function table can be read: then that decides. */
export function isBareModule({ memory, layout }: Scene, address: number): boolean {
  const word = (path: string) => {
    const field = layout.field('moduledata', path);
    return field && memory.word(address + field.offset);
  };
  const table = word('pcHeader') ?? word('pclntable.array');
  if (!table || memory.faultAt(table) === undefined || !isMapped(memory, table)) return false;
  for (const name of sections) {
    const [start, end] = [word(name), word(`e${name}`)];
    if (!start || !end || start > end || !isMapped(memory, start)) return false;
  }
  for (const name of masks) {
    const [start, end] = [word(name), word(`e${name}`)];
    const field = layout.field('moduledata', `gc${name}mask.n`);
    const bits = field && memory.uint32(address + field.offset);
    // One bit for each word up to the last pointer.
    if (bits === undefined || start === undefined || end === undefined) return false;
    if (bits === 0 || bits > (end - start) / memory.pointerSize + 8) return false;
  }
  // Only programs have their main in them: libraries for C programs do not, and run a runtime all the same.
  const main = layout.field('moduledata', 'hasmain');
  const isFlag = main === undefined || (memory.uint8(address + main.offset) ?? 2) <= 1;
  return isFlag && !isPlugin({ memory, layout }, address);
}

/** Whether the process had memory there, dumped or not. */
function isMapped({ segments }: Scene['memory'], address: number): boolean {
  return segments.some(({ start, end }) => start <= address && address < end);
}
