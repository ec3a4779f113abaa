// The one bounded cache of file blocks that all sources of a target share. Knows blocks and slots, nothing of addresses.
//
// Blocks are kept in slabs of 16 that are allocated when first needed and never given back, so that a walk over gigabytes makes no garbage. Fresh memory costs as
// much as reading, so the cache grows only for a block that it had before and gave up; for all others a slot is reused that the clock hand finds unused.
// Hot paths remember (slot, generation) and compare the generation before they use the slot again: written with plain arrays and public fields because a million
// reads an image go through here.
import type { ByteSource } from './byte-source.js';
import { InspectError } from './errors.js';

const BLOCKS_PER_SLAB = 16;
/** So many slots are filled before one is reused; more only for blocks that come back. */
const FIRST_SLOTS = 64;
/** Marks of blocks that were given up, by number: a power of two. Two blocks of one mark only make the cache grow early. */
const GIVEN_UP_MARKS = 1 << 14;
/** A read of so many blocks or more goes past the cache: it would only push out what is used again. */
const BYPASS_BLOCKS = 2;

export interface PageCacheOptions {
  /** A power of two; 16 KiB unless told. */
  readonly blockBytes?: number;
  /** Upper bound of the bytes kept; 16 MiB unless told. At least one slab is kept. */
  readonly capBytes?: number;
}

export class PageCache {
  readonly blockBytes: number;
  /** By slot: changes whenever the slot gets other contents. */
  readonly generation: Uint32Array;
  /** By slot: set to 1 by whoever uses the slot, cleared by the clock hand. */
  readonly used: Uint8Array;
  /** By slot: how many bytes of the block are there (fewer than a block at the end of a source). */
  readonly filled: Uint32Array;
  readonly #capacity: number;
  readonly #slabs: Uint8Array[] = [];
  readonly #views: DataView[] = [];
  readonly #owner: (CachedSource | undefined)[] = [];
  readonly #block: Float64Array;
  readonly #givenUp = new Uint8Array(GIVEN_UP_MARKS);
  #slots = 0;
  #hand = 0;
  #bytesRead = 0;

  constructor(options: PageCacheOptions = {}) {
    this.blockBytes = options.blockBytes ?? 16384;
    const slabBytes = this.blockBytes * BLOCKS_PER_SLAB;
    this.#capacity = Math.max(1, Math.floor((options.capBytes ?? 16 * 2 ** 20) / slabBytes)) * BLOCKS_PER_SLAB;
    this.generation = new Uint32Array(this.#capacity);
    this.used = new Uint8Array(this.#capacity);
    this.filled = new Uint32Array(this.#capacity);
    this.#block = new Float64Array(this.#capacity);
  }

  /** Reads of so many bytes or more go past the cache. */
  get bypassBytes(): number {
    return BYPASS_BLOCKS * this.blockBytes;
  }

  /** Bytes read from sources so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Bytes of memory held. */
  get bytesHeld(): number {
    return this.#slabs.length * BLOCKS_PER_SLAB * this.blockBytes;
  }

  /** `source` seen through this cache. Closing what is returned closes the source. */
  attach(source: ByteSource): CachedSource {
    return new CachedSource(this, source);
  }

  /** The bytes that `slot` is part of; it begins at `slotOffset(slot)` in them. */
  slab(slot: number): Uint8Array {
    return this.#slabs[Math.floor(slot / BLOCKS_PER_SLAB)]!;
  }

  /** The same bytes as a DataView. */
  slabView(slot: number): DataView {
    return this.#views[Math.floor(slot / BLOCKS_PER_SLAB)]!;
  }

  slotOffset(slot: number): number {
    return (slot % BLOCKS_PER_SLAB) * this.blockBytes;
  }

  countRead(bytes: number): void {
    this.#bytesRead += bytes;
  }

  /** Reads block `block` of `owner` into a slot and returns the slot. Throws what the source throws; the slot is then empty. */
  load(owner: CachedSource, block: number): number {
    const slot = this.#freeSlot(this.#givenUp[block % GIVEN_UP_MARKS] === 1);
    const from = this.slotOffset(slot);
    this.generation[slot] = this.generation[slot]! + 1;
    this.filled[slot] = 0;
    const got = owner.source.read(block * this.blockBytes, this.slab(slot).subarray(from, from + this.blockBytes));
    this.#bytesRead += got;
    this.filled[slot] = got;
    // What is used only once, as in a walk over everything, goes before what was used again.
    this.used[slot] = 0;
    this.#owner[slot] = owner;
    this.#block[slot] = block;
    return slot;
  }

  /** Empties `slot`: whoever remembers it finds another generation. */
  empty(slot: number): void {
    this.#owner[slot]?.forget(this.#block[slot]!);
    this.#owner[slot] = undefined;
    this.generation[slot] = this.generation[slot]! + 1;
    this.filled[slot] = 0;
    this.used[slot] = 0;
  }

  /** A slot for a block; `again`: it was here before. */
  #freeSlot(again: boolean): number {
    if (this.#slots < this.#capacity && (this.#slots < FIRST_SLOTS || again)) {
      if (this.#slots % BLOCKS_PER_SLAB === 0) this.#addSlab();
      return this.#slots++;
    }
    while (this.#isUsedAgain());
    const slot = this.#hand;
    this.#hand = (slot + 1) % this.#slots;
    this.#owner[slot]?.forget(this.#block[slot]!);
    this.#owner[slot] = undefined;
    this.#givenUp[this.#block[slot]! % GIVEN_UP_MARKS] = 1;
    return slot;
  }

  /** Whether the slot under the clock hand was used again since the hand last met it; then the hand goes on. */
  #isUsedAgain(): boolean {
    if (this.used[this.#hand] === 0) return false;
    this.used[this.#hand] = 0;
    this.#hand = (this.#hand + 1) % this.#slots;
    return true;
  }

  #addSlab(): void {
    const slab = new Uint8Array(BLOCKS_PER_SLAB * this.blockBytes);
    this.#slabs.push(slab);
    this.#views.push(new DataView(slab.buffer));
  }
}

/** A source whose blocks live in a shared PageCache. */
export class CachedSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly cache: PageCache;
  /** What is read from; only the cache reads it. */
  readonly source: ByteSource;
  readonly #slots = new Map<number, number>();

  constructor(cache: PageCache, source: ByteSource) {
    this.cache = cache;
    this.source = source;
    this.name = source.name;
    this.size = source.size;
  }

  /** The slot that holds block number `block`, read now if it is not there. It stays valid until the next call that loads. */
  slot(block: number): number {
    const slot = this.#slots.get(block);
    if (slot !== undefined) {
      this.cache.used[slot] = 1;
      return slot;
    }
    const loaded = this.cache.load(this, block);
    this.#slots.set(block, loaded);
    return loaded;
  }

  forget(block: number): void {
    this.#slots.delete(block);
  }

  /**
   * Reads [offset, offset + length) again, into the blocks that are held; what is not held is read when it is next asked for. For sources that change: the rest of
   * a block stays as it was. A block whose bytes can't be read any more is forgotten.
   */
  readAgain(offset: number, length: number): void {
    const { cache } = this;
    const { blockBytes } = cache;
    for (let block = Math.floor(offset / blockBytes); block * blockBytes < offset + length; block += 1) {
      const slot = this.#slots.get(block);
      if (slot === undefined) continue;
      const start = block * blockBytes;
      const from = Math.max(offset, start);
      const end = Math.min(offset + length, start + cache.filled[slot]!);
      const at = cache.slotOffset(slot) + from - start;
      const wanted = Math.max(0, end - from);
      const got = this.source.read(from, cache.slab(slot).subarray(at, at + wanted));
      cache.countRead(got);
      if (got < wanted || wanted === 0) cache.empty(slot);
    }
  }

  /** Forgets every block. */
  drop(): void {
    for (const slot of [...this.#slots.values()]) this.cache.empty(slot);
  }

  read(offset: number, target: Uint8Array): number {
    if (!(offset >= 0)) throw new InspectError('read-failed', this.name, `no such offset: ${offset}`);
    const { cache } = this;
    if (target.length >= cache.bypassBytes) {
      const got = this.source.read(offset, target);
      cache.countRead(got);
      return got;
    }
    const wanted = Math.min(target.length, Math.max(0, this.size - offset));
    let done = 0;
    while (done < wanted) {
      const at = offset + done;
      const block = Math.floor(at / cache.blockBytes);
      const slot = this.slot(block);
      const skip = at - block * cache.blockBytes;
      const length = Math.min(wanted - done, cache.filled[slot]! - skip);
      if (length <= 0) break;
      const from = cache.slotOffset(slot) + skip;
      target.set(cache.slab(slot).subarray(from, from + length), done);
      done += length;
    }
    return done;
  }

  close(): void {
    this.source.close();
  }
}
