// A binary or a core in which nothing tells the Go version any more.
import { readFileSync } from 'node:fs';

/** The bytes of the file with all that tells its version overwritten: build info, and every text of `version`, by dots or by `other`, which is as long. */
export function untoldBytes(path: string, version: string, other = '.'): Buffer {
  const bytes = readFileSync(path);
  for (const text of ['\xff Go buildinf:', version]) {
    const found = Buffer.from(text, 'latin1');
    for (let at = bytes.indexOf(found); at >= 0; at = bytes.indexOf(found, at + found.length))
      bytes.fill(text === version ? other : '.', at, at + found.length);
  }
  // Section headers too: no symbols, no DWARF.
  if (bytes.readUInt16LE(16) !== 4 && bytes[5] === 1) {
    const wide = bytes[4] === 2;
    bytes.fill(0, wide ? 0x28 : 0x20, wide ? 0x30 : 0x24);
    bytes.fill(0, wide ? 0x3c : 0x30, wide ? 0x40 : 0x34);
  }
  return bytes;
}
