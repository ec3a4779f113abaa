// Which goroutines' stacks are read at all. In a true image no two live goroutines have any byte of stack in common (runtime/stack.go: each is a span of its own, or a part of one), and each has its SP
// in its own. An image that claims otherwise could have the same megabytes gone through once for every g that it lists; of such stacks only as much is read as costs nothing. In a process that runs on
// true goroutines claim the same: one has died, or its stack was moved, and another had that memory before it was read.
import type { Memory } from '../../image/memory.js';
import type { Goroutine } from '../goroutines.js';

/** Bytes that are read of all doubtful stacks together: what is small is read first. */
const mostDoubtfulBytes = 2 ** 18;
/** The same for a process that runs on: a few dozen of the stacks that goroutines come and go with. */
const mostDoubtfulBytesLive = 2 ** 24;
/** A scan goes no further than this (stack-scan.ts). */
const mostScanned = 2 ** 20;

/** A goroutine that has a stack, and where that begins. */
interface Claim {
  readonly goroutine: Goroutine;
  readonly sp: number;
}

/**
 * Those whose stacks are not to be read, each with the reason, a phrase. Of stacks that overlap as many are taken for true as fit beside each other. `spOf` is where one's frames begin; undefined
 * where it has no stack. `live`: goroutines may have been read at different moments.
 */
export function unreadStacks(
  goroutines: readonly Goroutine[],
  memory: Memory,
  spOf: (goroutine: Goroutine) => number | undefined,
  live = false,
): ReadonlyMap<Goroutine, string> {
  const claims = goroutines.flatMap((goroutine): Claim[] => {
    const sp = spOf(goroutine);
    return sp === undefined || goroutine.stack.hi <= goroutine.stack.lo ? [] : [{ goroutine, sp }];
  });
  const moments = live ? ', which was perhaps read at another moment' : '';
  const doubtful = new Map([
    ...claims.filter(isOutside).map((claim) => [claim, 'its SP lies below its stack'] as const),
    ...overlapping(claims).map((claim) => [claim, `its stack overlaps another goroutine’s${moments}`] as const),
  ]);
  const unread = new Map<Goroutine, string>();
  const byBytes = [...doubtful].map(([claim, why]) => ({ claim, why, bytes: readOf(claim, memory) }));
  byBytes.sort((a, b) => a.bytes - b.bytes);
  const most = live ? mostDoubtfulBytesLive : mostDoubtfulBytes;
  let left = most;
  for (const { claim, why, bytes } of byBytes) {
    left -= bytes;
    if (left < 0) unread.set(claim.goroutine, `${why}: of such stacks no more than ${most / 1024} KiB are read`);
  }
  return unread;
}

/** All but the most that are disjoint: by their ends, each that begins behind the end of the one before (interval scheduling). */
function overlapping(claims: readonly Claim[]): Claim[] {
  const left: Claim[] = [];
  let end = 0;
  for (const claim of claims.toSorted((a, b) => a.goroutine.stack.hi - b.goroutine.stack.hi)) {
    const { lo, hi } = claim.goroutine.stack;
    if (lo < end) left.push(claim);
    else end = hi;
  }
  return left;
}

/** A scan from there goes through what is not its own. */
const isOutside = ({ goroutine, sp }: Claim) => sp < goroutine.stack.lo;

/** Bytes that unwinding or scanning it may go through. */
function readOf({ goroutine, sp }: Claim, memory: Memory): number {
  const bytes = Math.max(0, goroutine.stack.hi - sp);
  if (bytes === 0 || memory.view(sp, 1) < 0) return 0;
  return sp < goroutine.stack.lo ? Math.min(bytes, mostScanned) : bytes;
}
