// Tells by itself whether a word points to a g, m, p, mcache or mspan: by the pointers that lead from one to the other and back, and by what an mcache holds. No root
// and no other structure is needed. Sources: runtime/runtime2.go (g, m, p), mcache.go, mheap.go (mspan).

import { InspectError } from '../../bytes/errors.js';
import type { Memory } from '../../image/memory.js';
import type { FieldLayout } from '../../layout/types.js';
import { scanBit } from '../g-status.js';
import { type MspanOffsets, mspanOffsets } from '../mspan-offsets.js';
import { maxSlots } from '../span-table.js';
import type { Scene } from './validate.js';
import { spanHolds } from './validate-mheap.js';

const maxPs = 1 << 16;
const highestGStatus = 11;
const deadP = 4;
/** Work of looking at mspans in all, in words of a bitmap; that of one is its fields' and its bitmap's. Enough for half a million. */
const mostWork = 2 ** 23;
const workOfSpan = 16;
const bitsAtOnce = 64;
/** Go's own limit of a stack is 1 GB. */
const longestStack = 2 ** 31;

export interface StackBounds {
  readonly lo: number;
  readonly hi: number;
}

export interface CachedAlloc {
  /** The mspans of mcache.alloc by span class, those only that hold and are of that class. */
  readonly spans: readonly number[];
}

/** Reads a few words a question; nothing is kept. */
export class Shapes {
  readonly #scene: Scene;
  readonly #memory: Memory;
  readonly #fields: Readonly<Record<string, FieldLayout>> | undefined;
  readonly #mspan: MspanOffsets | undefined;
  readonly #inuse: number;
  readonly #manual: number;
  #spent = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#memory = scene.memory;
    this.#fields = fieldsOf(scene);
    this.#mspan = offsetsOf(scene);
    this.#inuse = scene.layout.traits.spanStates.indexOf('inuse');
    this.#manual = scene.layout.traits.spanStates.indexOf('manual');
  }

  /** False where the layout lacks what these are told by: nothing is then one. */
  get usable(): boolean {
    return this.#fields !== undefined && this.#mspan !== undefined;
  }

  /** A pointer in the struct at `address`, by `struct.path` of `fieldNames`; 0 where it can't be read. */
  pointer(address: number, name: FieldName): number {
    const field = this.#fields?.[name];
    return (field && this.#memory.word(address + field.offset)) ?? 0;
  }

  #uint32(address: number, name: FieldName): number | undefined {
    const field = this.#fields?.[name];
    return field && this.#memory.uint32(address + field.offset);
  }

  /** g.sched.g == g, its stack has bounds, its status is one. What never ran (and gsignal) has no such g.sched: it is found by its m. */
  isG(g: number): boolean {
    if (this.pointer(g, 'g.sched.g') !== g || !this.stackOf(g)) return false;
    return ((this.#uint32(g, 'g.atomicstatus') ?? scanBit - 1) & ~scanBit) <= highestGStatus;
  }

  stackOf(g: number): StackBounds | undefined {
    const [lo, hi] = [this.pointer(g, 'g.stack.lo'), this.pointer(g, 'g.stack.hi')];
    return lo > 0xffff && lo < hi && hi - lo <= longestStack ? { lo, hi } : undefined;
  }

  /** m.g0.m == m and m.gsignal.m == m, neither of which is a goroutine. An m that waits for a thread of C's (cgo) has a g0 without a stack. */
  isM(m: number): boolean {
    const [g0, gsignal] = [this.pointer(m, 'm.g0'), this.pointer(m, 'm.gsignal')];
    if (g0 <= 0xffff || gsignal <= 0xffff || g0 === gsignal) return false;
    if (this.pointer(g0, 'g.m') !== m || this.pointer(gsignal, 'g.m') !== m) return false;
    return !this.isGoroutine(g0) && !this.isGoroutine(gsignal);
  }

  /** Whether a g has a goid: g0 and gsignal have none. */
  isGoroutine(g: number): boolean {
    const field = this.#fields?.['g.goid'];
    return field !== undefined && (this.#memory.uint64(g + field.offset) ?? 0n) !== 0n;
  }

  /** p.id; no P's where it can't be read. */
  idOf(p: number): number {
    return this.#uint32(p, 'p.id') ?? maxPs;
  }

  /** A small id, a status, p.sudogcache, which begins in p.sudogbuf and never leaves it, and an mcache, which only a dead P (status 4) lacks. */
  isP(p: number): boolean {
    const buffer = this.#fields?.['p.sudogbuf'];
    if (!buffer || this.pointer(p, 'p.sudogcache.array') !== p + buffer.offset) return false;
    const status = this.#uint32(p, 'p.status') ?? maxPs;
    if (this.idOf(p) >= maxPs || status > deadP) return false;
    const cache = this.pointer(p, 'p.mcache');
    return cache === 0 ? status === deadP : this.alloc(cache) !== undefined;
  }

  /**
   * mcache.alloc: undefined where it is none. Each entry is a span of its class, or the one empty placeholder that they share; one may be anything, for its P may be refilling it.
   */
  alloc(cache: number): CachedAlloc | undefined {
    const alloc = this.#fields?.['mcache.alloc'];
    if (!alloc) return undefined;
    const { pointerSize } = this.#memory;
    const classes = Math.floor(alloc.size / pointerSize);
    const spans: number[] = [];
    const others = new Map<number, number>();
    for (let i = 0; i < classes; i += 1) {
      const span = this.#memory.word(cache + alloc.offset + i * pointerSize);
      if (!span || span % pointerSize !== 0) return undefined;
      if (this.spanclassOf(span) === i && this.isInuse(span)) spans.push(span);
      else others.set(span, (others.get(span) ?? 0) + 1);
      if (others.size > 2) return undefined;
    }
    const placeholders = Math.max(0, ...others.values());
    return spans.length + placeholders >= classes - 1 ? { spans } : undefined;
  }

  spanclassOf(span: number): number | undefined {
    return this.#mspan && this.#memory.uint8(span + this.#mspan.spanclass.offset);
  }

  /** An mspan in use that fulfils the span invariants. False for all when as much was looked at as a large heap needs: an image may be full of what nearly is one. */
  isInuse(span: number): boolean {
    const mspan = this.#mspan;
    if (!mspan || this.#spent > mostWork || this.#memory.uint8(span + mspan.state.offset) !== this.#inuse) return false;
    this.#spent += workOfSpan + Math.min(this.#slots(span) ?? 0, maxSlots) / bitsAtOnce;
    return spanHolds(this.#scene, span, mspan, undefined);
  }

  #slots(span: number): number | undefined {
    const nelems = this.#mspan?.nelems;
    if (!nelems) return undefined;
    const at = span + nelems.offset;
    return nelems.size === 2 ? this.#memory.uint16(at) : this.#memory.word(at);
  }

  /** An mspan of a stack or of another manual use: whole pages, and the size of a slot, if it has any, divides them. */
  isManual(span: number): boolean {
    const memory = this.#memory;
    if (!this.#mspan) return false;
    const { state, startAddr, npages, limit, elemsize } = this.#mspan;
    if (memory.uint8(span + state.offset) !== this.#manual) return false;
    const { pageSize } = this.#scene.layout.traits;
    const [base, pages] = [memory.word(span + startAddr.offset), memory.word(span + npages.offset)];
    if (!base || base % pageSize !== 0 || !pages || pages > 2 ** 26) return false;
    const bytes = pages * pageSize;
    if (memory.word(span + limit.offset) !== base + bytes) return false;
    const slot = memory.word(span + elemsize.offset);
    return slot !== undefined && slot <= bytes && this.#slots(span) === 0;
  }

  listOf(span: number): number {
    return this.pointer(span, 'mspan.list');
  }
}

const fieldNames = [
  'g.sched.g', 'g.sched.sp', 'g.stack.lo', 'g.stack.hi', 'g.m', 'g.goid', 'g.atomicstatus', 'm.g0', 'm.gsignal', 'm.curg', 'm.alllink',
  'p.id', 'p.status', 'p.mcache', 'p.sudogcache.array', 'p.sudogbuf', 'mcache.alloc', 'mspan.list',
] as const; // biome-ignore format: a list of names
type FieldName = (typeof fieldNames)[number];

/** Undefined where a layout file leaves out one of them. */
function offsetsOf({ layout }: Scene): MspanOffsets | undefined {
  try {
    return mspanOffsets(layout);
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

function fieldsOf({ layout }: Scene): Readonly<Record<string, FieldLayout>> | undefined {
  const fields: Record<string, FieldLayout> = {};
  for (const name of fieldNames) {
    const dot = name.indexOf('.');
    const field = layout.field(name.slice(0, dot), name.slice(dot + 1));
    if (!field) return undefined;
    fields[name] = field;
  }
  return fields;
}
