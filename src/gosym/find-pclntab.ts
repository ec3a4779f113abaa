// Where the header of a function table may stand, by its magic number: one of four (cmd/link/internal/ld/pcln.go, runtime/symtab.go).
const magics = [0xf1, 0xf0, 0xfa, 0xfb];

/** Offsets in `bytes`, which begin at a multiple of four, at which a header of one of the formats may stand: magic, zeros, minLC and pointer size are right. */
export function* headersIn(bytes: Uint8Array, littleEndian: boolean, pointerSize: number): Generator<number> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const magic of magics) {
    const wanted = Buffer.from(littleEndian ? [magic, 0xff, 0xff, 0xff, 0, 0] : [0xff, 0xff, 0xff, magic, 0, 0]);
    for (let at = buffer.indexOf(wanted); at >= 0; at = buffer.indexOf(wanted, at + 1)) {
      const minLC = buffer[at + 6];
      if ((minLC === 1 || minLC === 2 || minLC === 4) && buffer[at + 7] === pointerSize && at % 4 === 0) yield at;
    }
  }
}
