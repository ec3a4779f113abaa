// A copy of an ELF file without section headers: no symbols, no debug info, as `strip` and `-s -w` leave it, and less.
import { closeSync, copyFileSync, openSync, readSync, writeSync } from 'node:fs';

/** e_shoff, e_shnum and e_shstrndx of the copy are zero. */
export function withoutSections(path: string, copy: string): string {
  copyFileSync(path, copy);
  const file = openSync(copy, 'r+');
  const ident = Buffer.alloc(6);
  readSync(file, ident, 0, 6, 0);
  const wide = ident[4] === 2;
  writeSync(file, Buffer.alloc(wide ? 8 : 4), 0, undefined, wide ? 0x28 : 0x20);
  writeSync(file, Buffer.alloc(4), 0, undefined, wide ? 0x3c : 0x30);
  closeSync(file);
  return copy;
}
