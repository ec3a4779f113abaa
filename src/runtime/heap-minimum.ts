// What the collector's heap minimum follows from.

/** 4 MiB · GOGC / 100 in uint64 (runtime/mgc.go, setGCPercent). */
export function heapMinimumOf(gcPercent: number): bigint {
  return BigInt.asUintN(64, (4n << 20n) * BigInt.asUintN(64, BigInt(gcPercent))) / 100n;
}
