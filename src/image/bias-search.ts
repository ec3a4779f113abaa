// Finds where a position-independent binary was loaded when nothing says so: its load-time relocations tell which words of its data must be the bias plus a known
// number, and where. One such word found in the image proposes a bias; many others must agree. Bounded in the pages that are looked at.
import type { ElfFile } from '../elf/elf-file.js';
import { relativeRelocations } from '../elf/relocations.js';
import type { Memory } from './memory.js';

const PAGE = 4096;
const SAMPLES = 64;
/** Relocations by which a bias is proposed: data that the first lies in may be missing in the image. */
const ANCHORS = 4;
/** Pages looked at, over all anchors: 512 MiB of image. */
const MOST_PAGES = 2 ** 17;
const ENOUGH_READABLE = 8;
/** Data changes while a program runs, most of what is relocated (types, tables of functions) does not. */
const ENOUGH_AGREE = 0.75;

export interface FoundBias {
  readonly bias: number;
  /** Relocated words that could be read there, and those that are what the loader stored. */
  readonly readable: number;
  readonly agree: number;
}

/** `memory` must be without the binary's own bytes. Undefined where no place in the image fits. */
export function searchBias(elf: ElfFile, memory: Memory): FoundBias | undefined {
  const all = relativeRelocations(elf);
  if (all.length < ENOUGH_READABLE) return undefined;
  const samples = Array.from(
    { length: Math.min(SAMPLES, all.length) },
    (_, i) => all[Math.floor((i * all.length) / Math.min(SAMPLES, all.length))]!,
  );
  // The mapping of a binary's data is small; heaps are not.
  const segments = memory.segments
    .filter(({ origin }) => origin === 'core' || origin === 'raw')
    .toSorted((a, b) => a.end - a.start - (b.end - b.start));
  let pages = 0;
  for (let i = 0; i < ANCHORS; i += 1) {
    const { offset, addend } = samples[Math.floor((i * samples.length) / ANCHORS)]!;
    for (const { start, end } of segments) {
      const first = Math.floor(start / PAGE) * PAGE + (offset % PAGE);
      for (let at = first; at + memory.pointerSize <= end; at += PAGE) {
        if (at < start) continue;
        pages += 1;
        if (pages > MOST_PAGES) return undefined;
        const bias = at - offset;
        if (bias < 0 || memory.word(at) !== bias + addend) continue;
        const found = judge(samples, bias, memory);
        if (found.readable >= ENOUGH_READABLE && found.agree >= ENOUGH_AGREE * found.readable) return found;
      }
    }
  }
  return undefined;
}

function judge(
  samples: readonly { readonly offset: number; readonly addend: number }[],
  bias: number,
  memory: Memory,
): FoundBias {
  let readable = 0;
  let agree = 0;
  for (const { offset, addend } of samples) {
    const word = memory.word(bias + offset);
    if (word === undefined) continue;
    readable += 1;
    if (word === bias + addend) agree += 1;
  }
  return { bias, readable, agree };
}
