// The same heap in a small file and in one of 9 GB: a core unpacked, and again with one more PT_LOAD of zeros that are a hole in the file.
import { closeSync, copyFileSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const zeros = 9 * 2 ** 30;
const phdrBytes = 56;

/** Unpacks `packed` (fixtures/pack-sparse.mjs says how it is packed) to `path`, holes kept. */
function unpack(packed, path) {
  const bytes = readFileSync(packed);
  const runs = bytes.readUInt32LE(16);
  const file = openSync(path, 'w');
  ftruncateSync(file, Number(bytes.readBigUInt64LE(8)));
  let at = 24 + runs * 16;
  for (let i = 0; i < runs; i += 1) {
    const offset = Number(bytes.readBigUInt64LE(24 + i * 16));
    const length = Number(bytes.readBigUInt64LE(32 + i * 16));
    writeSync(file, bytes, at, length, offset);
    at += length;
  }
  closeSync(file);
}

/** Two cores in `folder` made of a packed ELF64 little-endian one: as it is, and with 9 GB of zeros more. */
export function paddedCore(packed, folder) {
  const small = join(folder, 'core.small');
  const large = join(folder, 'core.large');
  unpack(packed, small);
  copyFileSync(small, large);
  const header = readFileSync(large).subarray(0, 64);
  const phoff = Number(header.readBigUInt64LE(32));
  const count = header.readUInt16LE(56);
  const table = Buffer.alloc((count + 1) * phdrBytes);
  readFileSync(large).copy(table, 0, phoff, phoff + count * phdrBytes);
  const { size } = statSync(large);
  const zerosAt = Math.ceil((size + table.length) / 4096) * 4096;
  const added = count * phdrBytes;
  // p_type, p_flags, p_offset, p_vaddr (above any user address of the sample), p_paddr, p_filesz, p_memsz, p_align
  table.writeUInt32LE(1, added);
  table.writeUInt32LE(6, added + 4);
  const words = [zerosAt, 0x100000000000, 0, zeros, zeros, 4096];
  for (const [i, word] of words.entries()) table.writeBigUInt64LE(BigInt(word), added + 8 + i * 8);
  header.writeBigUInt64LE(BigInt(size), 32);
  header.writeUInt16LE(count + 1, 56);
  const file = openSync(large, 'r+');
  writeSync(file, header, 0, header.length, 0);
  writeSync(file, table, 0, table.length, size);
  ftruncateSync(file, zerosAt + zeros);
  closeSync(file);
  return { small, large };
}
