// The address space of an image as `Memory`: disjoint segments over files, zeros and holes, read through the shared block cache. Knows nothing of cores.
//
// `view` is called a million times an image. Its fast path is a small table of translations (address page → cached block) that costs a few compares: no
// allocation, no map lookup, no search; the block's generation says whether its cache slot still holds it. Everything else may be slower.
import type { CachedSource, PageCache } from '../bytes/page-cache.js';
import { type Address, toAddress } from './address.js';
import type { DataModel, Fault, Memory, Segment } from './memory.js';
import { type Range, SegmentMap } from './segment-map.js';

/** `offset` is that of the segment's first byte in `source`. */
type FileProvider = { readonly kind: 'bytes'; readonly source: CachedSource; readonly offset: number };
/** Where a segment's bytes come from. */
type Provider = FileProvider | { readonly kind: 'zero' } | { readonly kind: 'missing' };

/** A segment as the builders of images give it. The providers of later ones win. */
export interface SegmentSpec extends Segment {
  readonly provider: Provider;
}

/** Entries of the translation table: a power of two. */
const TRANSLATIONS = 256;
/** Addresses that share an entry differ by this many bytes times TRANSLATIONS. */
const TRANSLATION_PAGE = 16384;
/** The longest view across borders. */
const SCRATCH_BYTES = 65536;
const HIGHEST = 2 ** 53;

export class MemoryReader implements Memory {
  readonly pointerSize: 4 | 8;
  readonly littleEndian: boolean;
  readonly segments: readonly Segment[];
  window: DataView;
  readonly #map: SegmentMap<SegmentSpec>;
  readonly #cache: PageCache;
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  readonly #scratchView = new DataView(this.#scratch.buffer);
  // The translation table, by (address / TRANSLATION_PAGE) % TRANSLATIONS: [start, end) lies in `slot` while its generation is the noted one.
  readonly #start = new Float64Array(TRANSLATIONS).fill(Number.POSITIVE_INFINITY);
  readonly #end = new Float64Array(TRANSLATIONS);
  readonly #slot = new Uint32Array(TRANSLATIONS);
  readonly #generation = new Uint32Array(TRANSLATIONS);
  /** Offset in the slot's slab view that address `#start` has. */
  readonly #at = new Float64Array(TRANSLATIONS);
  /** The last index used of `#map`. */
  #hint = 0;

  /**
   * Segments may overlap: later ones cover earlier ones. Those that end above 2^53 are listed as missing and not read. All `bytes`
   * providers must be attached to `cache`.
   */
  constructor(specs: readonly SegmentSpec[], model: DataModel, cache: PageCache) {
    this.pointerSize = model.pointerSize;
    this.littleEndian = model.littleEndian;
    this.#cache = cache;
    this.window = this.#scratchView;
    const readable = specs.filter((spec) => spec.end < HIGHEST && spec.start >= 0 && spec.start < spec.end);
    const beyond = specs.filter((spec) => spec.end >= HIGHEST);
    this.#map = new SegmentMap(
      readable.map((spec): Range<SegmentSpec> => ({ start: spec.start, end: spec.end, value: spec })),
    );
    this.segments = [
      ...this.#map.ranges.map(({ start, end, value: { flags, origin, detail } }) => ({
        start,
        end,
        flags,
        origin,
        detail,
      })),
      ...beyond.map(
        ({ start, end, flags }): Segment => ({ start, end, flags, origin: 'missing', detail: 'above 2^53' }),
      ),
    ];
  }

  view(address: number, length: number): number {
    const entry = (address / TRANSLATION_PAGE) & (TRANSLATIONS - 1);
    if (address >= this.#start[entry]! && address + length <= this.#end[entry]!) {
      const slot = this.#slot[entry]!;
      const cache = this.#cache;
      if (cache.generation[slot] === this.#generation[entry]) {
        cache.used[slot] = 1;
        this.window = cache.slabView(slot);
        return this.#at[entry]! + (address - this.#start[entry]!);
      }
    }
    return this.#viewSlowly(address, length);
  }

  copy(address: number, target: Uint8Array, targetOffset: number, length: number): number {
    let done = 0;
    const wanted = Math.min(length, target.length - targetOffset);
    while (done < wanted) {
      const at = address + done;
      const index = this.#segmentAt(at);
      if (index < 0) break;
      const { end, value } = this.#map.ranges[index]!;
      const here = Math.min(wanted - done, end - at);
      if (value.provider.kind === 'missing') break;
      if (value.provider.kind === 'zero') {
        target.fill(0, targetOffset + done, targetOffset + done + here);
        done += here;
        continue;
      }
      if (here >= this.#cache.bypassBytes) {
        const got = this.#copyDirectly(
          at,
          value,
          value.provider,
          target.subarray(targetOffset + done, targetOffset + done + here),
        );
        done += got;
        if (got > 0) continue;
      }
      const entry = this.#translate(at);
      if (entry < 0) break;
      const slot = this.#slot[entry]!;
      const inBlock = Math.min(wanted - done, this.#end[entry]! - at);
      const from = this.#at[entry]! + (at - this.#start[entry]!);
      const slab = this.#cache.slab(slot);
      if (inBlock > 64) target.set(slab.subarray(from, from + inBlock), targetOffset + done);
      else for (let i = 0; i < inBlock; i++) target[targetOffset + done + i] = slab[from + i]!;
      done += inBlock;
    }
    return done;
  }

  bytes(address: number, length: number): { readonly bytes: Uint8Array; readonly fault: Fault | undefined } {
    const bytes = new Uint8Array(this.#readableLength(address, length));
    const got = this.copy(address, bytes, 0, bytes.length);
    if (got === length) return { bytes, fault: undefined };
    return { bytes: bytes.subarray(0, got), fault: this.#fault(address + got) };
  }

  uint8(address: number): number | undefined {
    const at = this.view(address, 1);
    return at < 0 ? undefined : this.window.getUint8(at);
  }

  uint16(address: number): number | undefined {
    const at = this.view(address, 2);
    return at < 0 ? undefined : this.window.getUint16(at, this.littleEndian);
  }

  uint32(address: number): number | undefined {
    const at = this.view(address, 4);
    return at < 0 ? undefined : this.window.getUint32(at, this.littleEndian);
  }

  uint64(address: number): bigint | undefined {
    const at = this.view(address, 8);
    return at < 0 ? undefined : this.window.getBigUint64(at, this.littleEndian);
  }

  word(address: number): number | undefined {
    if (this.pointerSize === 4) return this.uint32(address);
    const at = this.view(address, 8);
    if (at < 0) return undefined;
    const high = this.window.getUint32(this.littleEndian ? at + 4 : at, this.littleEndian);
    const low = this.window.getUint32(this.littleEndian ? at : at + 4, this.littleEndian);
    return high < 2 ** 21 ? high * 2 ** 32 + low : undefined;
  }

  faultAt(address: number): Fault | undefined {
    return this.view(address, 1) < 0 ? this.#fault(address) : undefined;
  }

  close(): void {
    const sources = new Set(
      this.#map.ranges.flatMap(({ value: { provider } }) => (provider.kind === 'bytes' ? [provider.source] : [])),
    );
    for (const source of sources) source.close();
  }

  /** Everything but a translated block: a new block, a view across borders, zeros, holes. */
  #viewSlowly(address: number, length: number): number {
    if (!(length >= 0)) return -1;
    const entry = this.#translate(address);
    if (entry >= 0 && address + length <= this.#end[entry]!) {
      this.window = this.#cache.slabView(this.#slot[entry]!);
      return this.#at[entry]! + (address - this.#start[entry]!);
    }
    if (length > SCRATCH_BYTES || this.copy(address, this.#scratch, 0, length) < length) return -1;
    this.window = this.#scratchView;
    return 0;
  }

  /** The entry of the translation table for `address`, filled in by reading its block if need be; -1 where no file has it. */
  #translate(address: number): number {
    const entry = (address / TRANSLATION_PAGE) & (TRANSLATIONS - 1);
    const cache = this.#cache;
    if (
      address >= this.#start[entry]! &&
      address < this.#end[entry]! &&
      cache.generation[this.#slot[entry]!] === this.#generation[entry]
    ) {
      cache.used[this.#slot[entry]!] = 1;
      return entry;
    }
    const index = this.#segmentAt(address);
    if (index < 0) return -1;
    const { start, end, value } = this.#map.ranges[index]!;
    if (value.provider.kind !== 'bytes') return -1;
    // The piece may begin behind the segment that it is cut from.
    const { source, offset } = value.provider;
    const fileOffset = offset + (address - value.start);
    const block = Math.floor(fileOffset / cache.blockBytes);
    const slot = this.#slotOf(source, block);
    if (slot < 0) return -1;
    const blockAddress = address - (fileOffset - block * cache.blockBytes);
    const from = Math.max(start, blockAddress);
    const to = Math.min(end, blockAddress + cache.filled[slot]!);
    if (address >= to) return -1;
    this.#start[entry] = from;
    this.#end[entry] = to;
    this.#slot[entry] = slot;
    this.#generation[entry] = cache.generation[slot]!;
    this.#at[entry] = cache.slotOffset(slot) + (from - blockAddress);
    return entry;
  }

  /** A long piece of one file goes past the cache; 0 where the system refuses it: block by block more may be had. */
  #copyDirectly(address: number, { start }: SegmentSpec, { source, offset }: FileProvider, target: Uint8Array): number {
    try {
      return source.read(offset + (address - start), target);
    } catch {
      return 0;
    }
  }

  #slotOf(source: CachedSource, block: number): number {
    try {
      return source.slot(block);
    } catch {
      // The system refused the read; `#fault` says so. Unreadable memory is a value.
      return -1;
    }
  }

  #segmentAt(address: number): number {
    const hinted = this.#map.ranges[this.#hint];
    if (hinted !== undefined && address >= hinted.start && address < hinted.end) return this.#hint;
    const index = this.#map.find(address);
    if (index >= 0) this.#hint = index;
    return index;
  }

  /** How many of `length` bytes lie in segments that have bytes, without reading them. */
  #readableLength(address: number, length: number): number {
    let end = address;
    while (end < address + length) {
      const index = this.#segmentAt(end);
      const range = this.#map.ranges[index];
      if (range === undefined || range.value.provider.kind === 'missing') break;
      end = range.end;
    }
    return Math.max(0, Math.min(length, end - address));
  }

  #fault(address: number): Fault {
    const where = faultAddress(address);
    const range = this.#map.ranges[this.#segmentAt(address)];
    if (range === undefined) return { address: where, why: this.#isBeyond(address) ? 'above 2^53' : 'not mapped' };
    const { provider, detail } = range.value;
    switch (provider.kind) {
      case 'missing':
        return { address: where, why: detail };
      case 'bytes':
        return { address: where, why: `${provider.source.name} cannot be read there` };
      case 'zero':
        return { address: where, why: 'not readable' };
    }
  }

  #isBeyond(address: number): boolean {
    return address >= HIGHEST;
  }
}

/** Faults may be asked for addresses that are none (a garbage pointer that was computed with): the nearest address stands for them. */
function faultAddress(address: number): Address {
  return toAddress(Math.min(Math.max(0, Math.floor(Number.isNaN(address) ? 0 : address)), Number.MAX_SAFE_INTEGER));
}
