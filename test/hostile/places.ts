// Where in an image's files something stands that is believed: headers, notes, tables, and the runtime's structures by what the undamaged image says of them.
import { readFileSync } from 'node:fs';
import { FileSource } from '../../src/bytes/file-source.js';
import { PT } from '../../src/elf/constants.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { walkNotes } from '../../src/elf/notes.js';
import { readPclntabHeader } from '../../src/gosym/pclntab.js';
import type { Layout } from '../../src/layout/types.js';
import { type GoProcess, openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';

export interface Place {
  readonly file: 'binary' | 'core';
  readonly what: string;
  readonly offset: number;
  readonly length: number;
  /** Where it is mapped; undefined for what is not. */
  readonly address?: number;
}

export interface Places {
  readonly places: readonly Place[];
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  readonly addresses: readonly number[];
}

const sampledSpans = 24;

export function placesOf(binary: string, core: string): Places {
  const target = openTarget({ files: [binary, core], options: {} });
  const process = openProcess(target, {});
  if (!process) throw new Error(`${core}: no process`);
  const elf = { binary: openElf(binary), core: openElf(core) };
  const places = [...filePlaces('binary', elf.binary), ...filePlaces('core', elf.core)];
  const bias = Number(/load bias (0x[0-9a-f]+)/.exec(target.trace.join('\n'))?.[1] ?? 0);
  for (const { what, address, length } of [...runtimePlaces(process), ...modulePlaces(process)]) {
    // What the core has is read from there; the function table is the binary's.
    const inCore = fileOffset(elf.core, address);
    const offset = inCore ?? fileOffset(elf.binary, address - bias);
    if (offset !== undefined)
      places.push({ file: inCore === undefined ? 'binary' : 'core', what, offset, length, address });
  }
  places.push(...buildInfoPlaces(binary));
  const { pointerSize, littleEndian } = target.memory;
  target.close();
  elf.binary.close();
  elf.core.close();
  const addresses = places.flatMap(({ address }) => (address === undefined ? [] : [address]));
  return { places, pointerSize, littleEndian, addresses };
}

function fileOffset({ programHeaders }: ElfFile, address: number): number | undefined {
  const load = programHeaders.find(
    ({ type, vaddr, filesz }) => type === PT.LOAD && address >= vaddr && address < vaddr + filesz,
  );
  return load && load.offset + address - load.vaddr;
}

function openElf(path: string): ElfFile {
  return ElfFile.open(FileSource.open(path));
}

/** Headers, tables of headers, notes, symbols, debug sections: the beginning of each, and the whole of what is short. */
function filePlaces(file: Place['file'], elf: ElfFile): Place[] {
  const { header } = elf;
  const places: Place[] = [
    { file, what: 'ELF header', offset: 0, length: 64 },
    { file, what: 'program headers', offset: header.phoff, length: 56 * Math.min(24, header.phnum) },
  ];
  if (header.shoff > 0)
    places.push({ file, what: 'section headers', offset: header.shoff, length: 64 * elf.sections.length });
  for (const { type, offset, filesz } of elf.programHeaders)
    if (type === PT.NOTE) places.push({ file, what: 'notes', offset, length: Math.min(filesz, 4096) });
  for (const { type, descOffset, descSize } of walkNotes(elf)) {
    // Behind the sizes and the type stand the owner and what the note says.
    places.push({ file, what: 'note sizes', offset: descOffset - 20, length: 12 });
    places.push({ file, what: `note of type ${type}`, offset: descOffset, length: Math.min(descSize, 512) });
  }
  for (const { name, offset, size, type } of elf.sections)
    if (type !== 8 && size > 0) {
      places.push({ file, what: name, offset, length: Math.min(size, 64) });
      if (size > 64) places.push({ file, what: name, offset, length: size });
    }
  return places;
}

interface Spot {
  readonly what: string;
  readonly address: number;
  readonly length: number;
}

function runtimePlaces(process: GoProcess): Spot[] {
  const { memory, layout } = process;
  const spots: Spot[] = [];
  const add = (what: string, address: number | undefined, length: number | undefined) => {
    if (address && length) spots.push({ what, address, length });
  };
  const struct = (what: string, name: string, address: number | undefined) =>
    add(what, address, layout.struct(name)?.size);
  const field = (name: string, path: string, at: number | undefined) => {
    const found = layout.field(name, path);
    return found && at !== undefined ? memory.word(at + found.offset) : undefined;
  };
  const mheap = process.address('runtime.mheap_');
  struct('mheap_', 'mheap', mheap);
  for (const path of [
    'allspans',
    'sweepgen',
    'central',
    'arenas',
    'curArena',
    'arenaHints',
    'allArenas',
    'spans',
    'pagesInUse',
  ]) {
    const found = layout.field('mheap', path);
    if (found && mheap !== undefined) add(`mheap_.${path}`, mheap + found.offset, Math.min(found.size, 4096));
  }
  struct('gcController', 'gcControllerState', process.address('runtime.gcController'));
  struct('memstats', 'mstats', process.address('runtime.memstats'));
  struct('work', 'workType', process.address('runtime.work'));
  add('gcphase', process.address('runtime.gcphase'), 4);
  const module = process.address('runtime.firstmoduledata');
  struct('moduledata', 'moduledata', module);
  add('pclntab', field('moduledata', 'pcHeader', module) ?? field('moduledata', 'pclntable.array', module), 96);
  for (const root of ['runtime.allgs', 'runtime.allp', 'runtime.allm'] as const)
    add(root, process.address(root), 3 * memory.pointerSize);
  for (const [root, type] of [
    ['runtime.allgs', 'g'],
    ['runtime.allp', 'p'],
  ] as const) {
    const at = process.address(root);
    const array = at === undefined ? undefined : memory.word(at);
    add(`${root} array`, array, 4 * memory.pointerSize);
    for (let i = 0; i < 4 && array; i += 1) {
      const element = memory.word(array + i * memory.pointerSize);
      struct(type, type, element);
      if (type === 'g') add('stack', field('g', 'sched.sp', element), 512);
      if (type === 'p') struct('mcache', 'mcache', field('p', 'mcache', element));
    }
  }
  const allm = process.address('runtime.allm');
  const alllink = layout.field('m', 'alllink');
  let m = allm === undefined ? undefined : memory.word(allm);
  for (let i = 0; i < 4 && m; i += 1) {
    struct('m', 'm', m);
    if (alllink) add('m.alllink', m + alllink.offset, memory.pointerSize);
    m = field('m', 'alllink', m);
  }
  for (const [root, type] of [
    ['runtime.m0', 'm'],
    ['runtime.g0', 'g'],
    ['runtime.sched', 'schedt'],
    ['runtime.gcCPULimiter', 'gcCPULimiterState'],
  ] as const)
    struct(root, type, process.address(root));
  const buckets = process.address('runtime.mbuckets');
  add('mbuckets', buckets, memory.pointerSize);
  struct('bucket', 'bucket', buckets === undefined ? undefined : memory.word(buckets));
  add('class_to_size', process.address('runtime.class_to_size'), 2 * layout.traits.sizeClasses.length);
  addSpans(process, layout, add);
  return spots;
}

/** What only a stripped binary needs to be true: every field of moduledata, and the function table that it leads to. */
function modulePlaces(process: GoProcess): Spot[] {
  const { memory, layout } = process;
  const spots: Spot[] = [];
  const module = process.address('runtime.firstmoduledata');
  if (module === undefined) return spots;
  for (const [name, { offset, size }] of layout.struct('moduledata')?.fields ?? [])
    spots.push({ what: `moduledata.${name}`, address: module + offset, length: size });
  const word = (path: string) => {
    const field = layout.field('moduledata', path);
    return field && memory.word(module + field.offset);
  };
  const at = word('pcHeader') ?? word('pclntable.array');
  const header = at === undefined ? undefined : readPclntabHeader(memory, at, true);
  if (!header) return spots;
  const entries = header.functionCount * 2 * memory.pointerSize;
  spots.push(
    { what: 'pclntab header', address: header.address, length: 8 + 8 * memory.pointerSize },
    { what: 'pclntab ftab', address: header.ftab, length: Math.min(entries, 512) },
    { what: 'pclntab ftab, anywhere', address: header.ftab, length: entries / 2 },
    { what: 'pclntab ftab end', address: header.ftab + entries / 2, length: 64 },
    { what: 'pclntab names', address: header.funcnametab, length: 4096 },
    { what: 'pclntab records', address: header.ftab + entries, length: 2 ** 15 },
  );
  return spots;
}

/** The build info: its header, and the lengths of the strings behind it. */
function buildInfoPlaces(binary: string): Place[] {
  const at = readFileSync(binary).indexOf('\xff Go buildinf:', 0, 'latin1');
  if (at < 0) return [];
  return [
    { file: 'binary', what: 'build info header', offset: at, length: 32 },
    { file: 'binary', what: 'build info strings', offset: at + 32, length: 96 },
  ];
}

function addSpans(
  process: GoProcess,
  layout: Layout,
  add: (what: string, address: number | undefined, length: number | undefined) => void,
): void {
  const table = process.spans();
  if (!table || !process.allspans) return;
  const { memory } = process;
  add('allspans array', process.allspans.array, Math.min(table.length, 512) * memory.pointerSize);
  for (let i = 0; i < sampledSpans; i += 1) {
    const row = Math.floor((i * table.length) / sampledSpans);
    const mspan = table.addr[row]!;
    add('mspan', mspan, layout.struct('mspan')?.size);
    for (const path of ['allocBits', 'gcmarkBits', 'specials']) {
      const found = layout.field('mspan', path);
      add(path, found && memory.word(mspan + found.offset), 64);
      if (found) add(`mspan.${path}`, mspan + found.offset, memory.pointerSize);
    }
    for (const path of [
      'nelems',
      'npages',
      'freeindex',
      'elemsize',
      'startAddr',
      'limit',
      'state',
      'spanclass',
      'sweepgen',
      'allocCount',
    ]) {
      const found = layout.field('mspan', path);
      if (found) add(`mspan.${path}`, mspan + found.offset, found.size);
    }
  }
}
