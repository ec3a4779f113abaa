// Where a program's writable data (data, bss) stands in an image: what a search for the runtime's variables goes through.
import { PF, PT } from '../elf/constants.js';
import type { MappedFile } from '../elf/core.js';
import type { ElfFile } from '../elf/elf-file.js';
import type { Memory, Segment } from '../image/memory.js';
import type { AddressRange } from '../image/scan-words.js';

/** Bytes of one mapping, and of the whole image, that are taken for the program's data where nothing says which those are. */
const mostOfMapping = 64 * 2 ** 20;
const mostUnknownData = 256 * 2 ** 20;
/** A program's segments stand together; what is further away than this was mapped by itself. */
const mostGap = 16 * 2 ** 20;

/** What is known of where the program stands. */
export interface ProgramPlace {
  /** The binary, or its headers as the image holds them. */
  readonly elf: ElfFile | undefined;
  readonly bias: number | undefined;
  /** An address inside the program: its entry, its program headers. */
  readonly inside: number | undefined;
}

export interface ProgramData {
  /** All of it, with bss. Ascending and disjoint, as the other. */
  readonly all: readonly AddressRange[];
  /** The same, in the order in which a variable and build info, which begins a part, are looked for: behind all others the constants that the loader relocates and makes read-only. */
  readonly variablesFirst: readonly AddressRange[];
  /** What the file has of it: variables that begin with a value. The same as all where the file's part is not known. */
  readonly initialized: readonly AddressRange[];
  /** Whether that is the program's data and nothing else. */
  readonly certain: boolean;
}

/**
 * The program's writable segments at their places, ascending and disjoint, whatever its headers say. Without a binary or its load bias: the writable memory next to an address that is known to be inside
 * the program; else what the image has of writable memory, up to a bound.
 */
export function dataRanges({ elf, bias, inside }: ProgramPlace, memory: Memory): ProgramData {
  if (elf && bias !== undefined) {
    const segments = elf.programHeaders.filter(
      ({ type, flags, exact }) => type === PT.LOAD && exact && (flags & PF.W) !== 0,
    );
    const upTo = (size: 'memsz' | 'filesz') =>
      merged(segments.map(({ vaddr, [size]: bytes }) => ({ start: vaddr + bias, end: vaddr + bias + bytes })));
    const all = upTo('memsz');
    if (all.length > 0)
      return { all, variablesFirst: constantsLast(all, elf, bias), initialized: upTo('filesz'), certain: true };
  }
  const writable = memory.segments.filter(mayBeWritten);
  const near = inside === undefined ? [] : nextTo(inside, memory.segments, writable);
  return uncertain(bounded(near.length > 0 ? near : writable));
}

/** Types, names and function tables of a position-independent program (PT_GNU_RELRO) come last: most of what is writable in its file, and no variable. */
function constantsLast(all: readonly AddressRange[], elf: ElfFile, bias: number): readonly AddressRange[] {
  const constants = elf.programHeaders.find(({ type, exact }) => type === PT.GNU_RELRO && exact);
  if (!constants) return all;
  const [start, end] = [constants.vaddr + bias, constants.vaddr + bias + constants.memsz];
  const within = (from: number, to: number) =>
    all
      .map((range) => ({ start: Math.max(range.start, from), end: Math.min(range.end, to) }))
      .filter((range) => range.start < range.end);
  return [...within(0, start), ...within(end, Number.POSITIVE_INFINITY), ...within(start, end)];
}

/**
 * The data of a file whose headers the image lacks, by its mappings: the writable ones, and what begins where one of them ends and is of no file (bss). `files` as the image lists them, in any
 * order.
 */
export function dataOfMappings(path: string, files: readonly MappedFile[], memory: Memory): ProgramData {
  const own = files.filter((file) => file.path === path);
  const ends = new Set<number>();
  const found = memory.segments.filter((segment) => {
    if (!mayBeWritten(segment)) return false;
    const isOwn = own.some(({ start, end }) => segment.start >= start && segment.start < end);
    if (isOwn) ends.add(segment.end);
    return isOwn || (ends.has(segment.start) && !files.some(({ start }) => start === segment.start));
  });
  return uncertain(bounded(found));
}

const mayBeWritten = ({ origin, flags }: Segment) =>
  origin !== 'missing' && origin !== 'zero' && (flags === undefined || (flags & PF.W) !== 0);

const uncertain = (all: readonly AddressRange[]): ProgramData => ({
  all,
  variablesFirst: all,
  initialized: all,
  certain: false,
});

/** The writable segments at and behind `inside`, up to the first wide gap between any two. */
function nextTo(inside: number, all: readonly AddressRange[], writable: readonly AddressRange[]): AddressRange[] {
  const first = all.findIndex(({ start, end }) => start <= inside && inside < end);
  if (first < 0) return [];
  let last = first;
  while (last + 1 < all.length && all[last + 1]!.start - all[last]!.end < mostGap) last += 1;
  const end = all[last]!.end;
  return writable.filter((segment) => segment.start >= all[first]!.start && segment.start < end);
}

/** What is taken of mappings that may be data. */
function bounded(ranges: readonly AddressRange[]): AddressRange[] {
  let left = mostUnknownData;
  return merged(
    ranges.map(({ start, end }) => {
      const taken = Math.min(end - start, left, mostOfMapping);
      left -= taken;
      return { start, end: start + taken };
    }),
  );
}

/** The same addresses as ascending ranges that neither touch nor overlap, below 2^53; empty ones vanish. */
function merged(ranges: readonly AddressRange[]): AddressRange[] {
  const disjoint: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const limit = Math.min(end, Number.MAX_SAFE_INTEGER);
    const last = disjoint.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, limit);
    else if (limit > start) disjoint.push({ start, end: limit });
  }
  return disjoint;
}
