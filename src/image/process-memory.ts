// The memory of a live process through /proc/PID/mem, at the places that /proc/PID/maps names. Does not stop it and knows nothing of Go.
//
// What is read does not hold still, so the age of bytes is a matter of rule: a block (64 KiB) is read once and then kept, as long as the cache has room; `readAgain`
// replaces single bytes in it, `refresh` forgets all and looks at the mappings anew. Between two refreshes (one snapshot) every question is thus answered from the
// same bytes, unless more than the cache holds was read in between. Memory that vanishes is a fault, as is what the kernel can't copy (EIO).
import { closeSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '../bytes/byte-source.js';
import { InspectError } from '../bytes/errors.js';
import type { CachedSource, PageCache } from '../bytes/page-cache.js';
import { PF } from '../elf/constants.js';
import type { DataModel, Fault, LiveMemory, Segment } from './memory.js';
import { MemoryReader, type SegmentSpec } from './memory-reader.js';
import { type ProcMapping, parseProcMaps } from './proc-maps.js';
import { procText } from './proc-status.js';

/** Readable mappings that touch, as one source: offset 0 is the first byte's address. */
class MappedRun implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly start: number;
  readonly #process: OpenMem;

  constructor(process: OpenMem, start: number, end: number) {
    this.name = process.name;
    this.size = end - start;
    this.start = start;
    this.#process = process;
  }

  read(offset: number, target: Uint8Array): number {
    return this.#process.read(this.start + offset, target, Math.min(target.length, Math.max(0, this.size - offset)));
  }

  /** The file belongs to all runs: ProcessMemory closes it. */
  close(): void {}
}

/** /proc/PID/mem, opened. It stays with the program that ran when it was opened, also behind an exec, and with the process, also behind a reuse of its id. */
class OpenMem {
  readonly name: string;
  readonly #fd: number;
  reads = 0;
  bytes = 0;
  /** The process let go of this memory: it ended, or started another program. */
  gone = false;
  #closed = false;

  constructor(name: string, fd: number) {
    this.name = name;
    this.#fd = fd;
  }

  /** Bytes copied before the first that can't be; never throws. */
  read(address: number, target: Uint8Array, length: number): number {
    let done = 0;
    while (done < length && !this.#closed) {
      this.reads += 1;
      try {
        const got = readSync(this.#fd, target, done, length - done, address + done);
        // Where a page can't be copied the kernel says EIO; 0 bytes say that there is no memory any more (fs/proc/base.c, mem_rw).
        if (got === 0) {
          this.gone = true;
          break;
        }
        done += got;
      } catch {
        break;
      }
    }
    this.bytes += done;
    return done;
  }

  close(): void {
    if (!this.#closed) closeSync(this.#fd);
    this.#closed = true;
  }
}

export class ProcessMemory implements LiveMemory {
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  readonly pid: number;
  /** As /proc/PID/maps said at the last refresh. */
  mappings: readonly ProcMapping[] = [];
  readonly #mem: OpenMem;
  readonly #model: DataModel;
  readonly #cache: PageCache;
  #runs: readonly { readonly start: number; readonly end: number; readonly source: CachedSource }[] = [];
  #reader: MemoryReader;

  /** Throws what the system throws (ENOENT, EACCES, …) where /proc/PID/mem can't be opened. */
  constructor(pid: number, model: DataModel, cache: PageCache) {
    this.pid = pid;
    this.pointerSize = model.pointerSize;
    this.littleEndian = model.littleEndian;
    this.#model = model;
    this.#cache = cache;
    this.#mem = new OpenMem(`pid:${pid}`, openSync(`/proc/${pid}/mem`, 'r'));
    this.#reader = new MemoryReader([], model, cache);
    this.refresh();
  }

  /** What was read of the process so far. */
  get traffic(): { readonly reads: number; readonly bytes: number } {
    return { reads: this.#mem.reads, bytes: this.#mem.bytes };
  }

  /** The process ended, or started another program, while it was read. */
  get gone(): boolean {
    return this.#mem.gone;
  }

  refresh(): void {
    for (const { source } of this.#runs) source.drop();
    const text = procText(this.pid, 'maps');
    if (!text) this.#mem.gone = true;
    this.mappings = parseProcMaps(text ?? '').mappings;
    const specs: SegmentSpec[] = [];
    const runs: { start: number; end: number; source: CachedSource }[] = [];
    for (const { start, end } of joined(this.mappings))
      runs.push({ start, end, source: this.#cache.attach(new MappedRun(this.#mem, start, end)) });
    let run = 0;
    for (const mapping of this.mappings) {
      const { start, end, flags, path } = mapping;
      const lack = whyUnreadable(mapping);
      if (lack !== undefined) {
        specs.push({ start, end, flags, origin: 'missing', detail: lack, provider: { kind: 'missing' } });
        continue;
      }
      while (runs[run]!.end <= start) run += 1;
      const { source, start: first } = runs[run]!;
      const provider = { kind: 'bytes', source, offset: start - first } as const;
      specs.push({ start, end, flags, origin: 'process', detail: path || 'anonymous', provider });
    }
    this.#runs = runs;
    this.#reader = new MemoryReader(specs, this.#model, this.#cache);
  }

  readAgain(address: number, length: number): void {
    for (const { start, end, source } of this.#runs) {
      const from = Math.max(start, address);
      const to = Math.min(end, address + length);
      if (from < to) source.readAgain(from - start, to - from);
    }
  }

  get segments(): readonly Segment[] {
    return this.#reader.segments;
  }

  get window(): DataView {
    return this.#reader.window;
  }

  view(address: number, length: number): number {
    return this.#reader.view(address, length);
  }

  copy(address: number, target: Uint8Array, targetOffset: number, length: number): number {
    return this.#reader.copy(address, target, targetOffset, length);
  }

  bytes(address: number, length: number): { readonly bytes: Uint8Array; readonly fault: Fault | undefined } {
    return this.#reader.bytes(address, length);
  }

  uint8(address: number): number | undefined {
    return this.#reader.uint8(address);
  }

  uint16(address: number): number | undefined {
    return this.#reader.uint16(address);
  }

  uint32(address: number): number | undefined {
    return this.#reader.uint32(address);
  }

  uint64(address: number): bigint | undefined {
    return this.#reader.uint64(address);
  }

  word(address: number): number | undefined {
    return this.#reader.word(address);
  }

  faultAt(address: number): Fault | undefined {
    return this.#reader.faultAt(address);
  }

  close(): void {
    this.#mem.close();
  }

  /** Throws InspectError `read-failed` where the process was lost while it was read: what was read since is not to be believed. */
  assertThere(): void {
    if (this.gone)
      throw new InspectError('read-failed', `pid:${this.pid}`, 'ended, or started another program, while it was read');
  }
}

/** Why nothing of a mapping is read; undefined where it can be. */
function whyUnreadable({ flags, path }: ProcMapping): string | undefined {
  if ((flags & (PF.R | PF.W | PF.X)) === 0) return 'reserved, without access';
  // Pages that the kernel lends and does not let others copy (arch/x86/entry/vdso/vma.c).
  if (path.startsWith('[vvar')) return `reserved by the kernel ${path}`;
  return undefined;
}

/** The readable mappings, those that touch joined. */
function joined(mappings: readonly ProcMapping[]): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (const mapping of mappings) {
    if (whyUnreadable(mapping) !== undefined) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.end === mapping.start) last.end = mapping.end;
    else runs.push({ start: mapping.start, end: mapping.end });
  }
  return runs;
}
