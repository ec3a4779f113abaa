// What an opened binary and image are, in words and numbers for people: kinds, sizes, what is missing.

import type { BuildIds } from '../elf/build-ids.js';
import { ET } from '../elf/constants.js';
import type { CoreInfo } from '../elf/core.js';
import { hasDebugInfo } from '../elf/debug-sections.js';
import { hasSymbolTable } from '../elf/symbols.js';
import type { Memory } from '../image/memory.js';
import { mainMapping } from '../image/memory-source.js';
import { missingRanges } from '../image/missing-ranges.js';
import { readStat } from '../image/proc-status.js';
import type { Inputs, OpenedElf } from './classify.js';
import type { LiveProcess } from './live.js';
import type { TargetBinaryInfo, TargetImage } from './target.js';

export function binaryInfo({ path, elf }: OpenedElf, ids: BuildIds | undefined): TargetBinaryInfo {
  const hasDwarf = hasDebugInfo(elf);
  const hasSymbols = hasSymbolTable(elf);
  const kind = [
    elf.header.type === ET.DYN ? 'PIE' : 'EXEC',
    hasSymbols ? 'symbols' : 'no symbols',
    hasDwarf ? 'DWARF' : 'no DWARF',
  ].join(', ');
  return { path, goBuildId: ids?.go ?? null, gnuBuildId: ids?.gnu ?? null, kind, hasDwarf, hasSymbols };
}

export function imageOf(
  { core: file, regions }: Inputs,
  core: CoreInfo | undefined,
  memory: Memory,
): TargetImage | undefined {
  const missing = missingRanges(memory.segments);
  const segments = memory.segments.length;
  const program = core && mainMapping(core)?.path;
  if (file) return { kind: coreKind(core), path: file.path, bytes: file.source.size, segments, missing, program };
  const [first] = regions;
  if (!first) return undefined;
  const bytes = memory.segments.reduce((sum, { start, end, origin }) => sum + (origin === 'raw' ? end - start : 0), 0);
  const path = regions.length === 1 ? first.path : `${first.path} and ${regions.length - 1} more`;
  return { kind: 'raw image', path, bytes, segments, missing, program };
}

export function liveImage({ pid, memory, moving, threads, exe }: LiveProcess): TargetImage {
  const { segments } = memory;
  // Who else stopped it may continue it at any moment: it is read as one that runs.
  const running = /^[Tt]/.test(readStat(pid)?.state ?? '') ? 'stopped by something else' : 'running';
  const bytes = segments.reduce((sum, { start, end, origin }) => sum + (origin === 'process' ? end - start : 0), 0);
  return {
    kind: `live process, ${moving ? running : 'stopped'}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    path: `pid:${pid}`,
    bytes,
    segments: segments.length,
    missing: missingRanges(segments),
    program: exe.path,
  };
}

/** A kernel core carries the signal that ended the process; gcore's and Delve's threads have none. */
function coreKind(core: CoreInfo | undefined): string {
  if (!core || core.threads.length === 0) return 'ELF core without threads';
  const threads = `${core.threads.length} ${core.threads.length === 1 ? 'thread' : 'threads'}`;
  const signal = core.threads[0]?.signal ?? 0;
  return signal > 0 ? `ELF core, signal ${signal}, ${threads}` : `ELF core of a live process, ${threads}`;
}
