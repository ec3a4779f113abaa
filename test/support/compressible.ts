// The contents of test/bytes/compressed/*: noise, a long hole, text that repeats, a short hole, noise that came before. Made from a seed, so that only the compressed
// files are kept; those were made by gzip, zstd, xz and lz4 themselves.

export function compressible(): Uint8Array {
  const bytes = new Uint8Array(300_001);
  let state = 0x2545f491;
  const noise = (from: number, length: number) => {
    for (let i = from; i < from + length; i += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[i] = state & 0xff;
    }
  };
  noise(0, 3000);
  const line = new TextEncoder().encode('the quick brown fox jumps over the lazy dog\n');
  for (let i = 150_000; i < 220_000; i += 1) bytes[i] = line[i % line.length]!;
  noise(230_000, 2000);
  bytes.copyWithin(290_000, 0, 3000);
  bytes[300_000] = 1;
  return bytes;
}
