// `find ADDR`: what an address is. Asks the span table, the goroutines' stacks, the scheduler's structs, the roots, and what knows the program's own, the most telling answer first. Nothing is read before it is asked for, and kept for the next address.
import type { Segment } from '../image/memory.js';
import { loadConstants } from '../layout/constants.js';
import { isTold } from '../layout/exact.js';
import { layoutsFolder } from '../layout/load.js';
import { fieldAt } from '../layout/resolve.js';
import { type GoroutineStack, lastAtOrBefore, readScheduler, type Scheduler } from '../runtime/goroutine-list.js';
import type { GoProcess } from '../runtime/process.js';
import type { RootName } from '../runtime/roots/find.js';
import { slotMap } from '../runtime/slots.js';
import { readSpanBits } from '../runtime/span-bits.js';
import { type SpanIndex, spanIndex } from '../runtime/span-index.js';
import { type SpanTable, stateInuse } from '../runtime/span-table.js';
import type { Target } from '../target/target.js';
import { residentResult } from './footprint.js';
import { HeapArenas } from './heap-arenas.js';
import { addressText, bigCount } from './numbers.js';
import { schemaVersion } from './overview.js';
import { ProgramPlaces } from './program-places.js';
import { findRow } from './query.js';
import type { FindResult } from './results.js';
import { spanRow } from './span-rows.js';

export interface Finder {
  find(address: number): FindResult;
  /** The one-line answer, or null for what is no more than a number: nil, or nothing that the image knows. */
  what(address: number): string | null;
}

/** What stands in the image without being reached by a pointer: the type of each root. */
const rootTypes: Partial<Record<RootName, string>> = {
  'runtime.mheap_': 'mheap',
  'runtime.gcController': 'gcControllerState',
  'runtime.memstats': 'mstats',
  'runtime.work': 'workType',
  'runtime.firstmoduledata': 'moduledata',
};

/** Slot maps kept for the next address. */
const keptMaps = 64;

type Parts = Omit<FindResult, 'schemaVersion' | 'address' | 'mapping' | 'resident' | 'section'>;
const nothing = { span: null, slot: null, stack: null, object: null, symbol: null, code: null } as const;

/** `process` and `table` are absent where the image has no Go runtime that can be found: symbols and mappings still answer. */
export function createFinder(target: Target, process: GoProcess | undefined, table: SpanTable | undefined): Finder {
  const context = new FindContext(target, process, table);
  return {
    find: (address) => context.find(address),
    what(address) {
      const { kind, what } = context.answer(address);
      return kind === 'unmapped' ? null : what;
    },
  };
}

class FindContext {
  readonly #target: Target;
  readonly #process: GoProcess | undefined;
  readonly #table: SpanTable | undefined;
  readonly #program: ProgramPlaces;
  readonly #arenas: HeapArenas | undefined;
  readonly #maps = new Map<number, string>();
  #scheduler: Scheduler | undefined;
  #statuses: ReadonlyMap<number, string> | undefined;

  constructor(target: Target, process: GoProcess | undefined, table: SpanTable | undefined) {
    this.#target = target;
    this.#process = process;
    this.#table = table;
    this.#program = new ProgramPlaces(target, process);
    this.#arenas = process && new HeapArenas(process, () => this.#bases());
  }

  find(address: number): FindResult {
    const { kind, what, span, slot, stack, object, symbol, code } = this.answer(address);
    const segment = this.#segmentAt(address);
    return {
      schemaVersion,
      address: addressText(address),
      kind,
      what,
      ...this.#toldOf({ mspan: span !== null, g: stack !== null }),
      mapping: segment ? mappingOf(segment) : null,
      resident: residentResult(this.#target.residentAt(address)),
      span: span ?? (this.#table && kind === 'mapping' ? this.#lastSpan(address) : null),
      slot,
      stack,
      object,
      symbol,
      code,
      section: this.#program.sectionAt(address) ?? null,
    };
  }

  answer(address: number): Parts {
    return (
      this.#inSpan(address) ??
      this.#inMspan(address) ??
      this.#inStack(address) ??
      this.#inRoot(address) ??
      this.#inObject(address) ??
      this.#inProgram(address) ??
      this.#inMapping(address)
    );
  }

  #toldOf(used: Readonly<Record<string, boolean>>): Pick<FindResult, 'told'> {
    const told = Object.keys(used).filter((struct) => used[struct] && this.#about(struct) !== '');
    return told.length > 0 ? { told } : {};
  }

  /** The mark before what is read of such a struct. */
  #about(struct: string): string {
    return this.#process && isTold(this.#process.layout, struct) ? '~' : '';
  }

  get #index(): SpanIndex | undefined {
    const mspan = this.#process?.layout.struct('mspan');
    return this.#table && mspan && this.#process
      ? spanIndex(this.#table, this.#process.layout.traits.pageSize, mspan.size)
      : undefined;
  }

  *#bases(): Generator<number> {
    for (const row of this.#index?.byBase ?? []) yield this.#table!.base[row]!;
  }

  get #known(): Scheduler | undefined {
    if (this.#process) this.#scheduler ??= readScheduler(this.#process);
    return this.#scheduler;
  }

  #row(row: number) {
    return spanRow({ memory: this.#process!.memory, layout: this.#process!.layout, table: this.#table! }, row, false);
  }

  #inSpan(address: number): Parts | undefined {
    const row = this.#index?.rowAt(address) ?? -1;
    if (row < 0) return undefined;
    const table = this.#table!;
    const span = this.#row(row);
    const about = this.#about('mspan');
    if (table.state[row] !== stateInuse) {
      const stack = this.#inStack(address);
      if (stack) return { ...stack, span };
      const use =
        table.elemsize[row]! > 0 ? 'stack memory that no goroutine has' : 'a work buffer or other manual memory';
      return { ...nothing, kind: 'span', span, what: `${use}: ${about}manual span of ${about}${span.base}` };
    }
    const elemsize = table.elemsize[row]!;
    const index = Math.floor((address - table.base[row]!) / elemsize);
    if (!(elemsize > 0) || index >= table.nelems[row]!)
      return {
        ...nothing,
        kind: 'span',
        span,
        what: `behind the last slot of span ${about}${span.base} (${about}${classText(table, row)})`,
      };
    const start = table.base[row]! + index * elemsize;
    const offset = address - start;
    const state = this.#slots(row)[index] ?? '?';
    const slot = { index, address: addressText(start), size: bigCount(elemsize), offset, state };
    const object = this.#objectAt(address);
    const what = `${object ? `${object.text} in ` : ''}slot ${about}${index}${offset ? ` +0x${offset.toString(16)}` : ''} of span ${about}${span.base} (${about}${classText(table, row)}), ${about}${slotStates[state] ?? state}`;
    return { ...nothing, kind: 'slot', span, slot, object: object?.object ?? null, what };
  }

  #slots(row: number): string {
    const known = this.#maps.get(row);
    if (known !== undefined) return known;
    const process = this.#process!;
    const bits = readSpanBits(process.memory, process.layout, this.#table!, row);
    const { slots } = slotMap(process, this.#table!, row, bits);
    if (this.#maps.size >= keptMaps) this.#maps.clear();
    this.#maps.set(row, slots);
    return slots;
  }

  #inMspan(address: number): Parts | undefined {
    const row = this.#index?.mspanAt(address) ?? -1;
    if (row < 0) return undefined;
    const span = this.#row(row);
    const { object, text } = this.#structAt('mspan', this.#table!.addr[row]!, address);
    return {
      ...nothing,
      kind: 'mspan',
      span,
      object,
      what: `${text}, the mspan of ${this.#about('mspan')}${span.base} (${this.#about('mspan')}${span.state ?? '?'})`,
    };
  }

  #inStack(address: number): Parts | undefined {
    const stack = this.#known?.stackAt(address);
    if (!stack) return undefined;
    const status = this.#status(stack);
    const owner =
      stack.role === 'goroutine'
        ? `goroutine ${this.#about('g')}${stack.goid} (${this.#about('g')}${status})`
        : `a thread (${stack.role} ${addressText(stack.g)})`;
    return {
      ...nothing,
      kind: 'stack',
      stack: {
        goid: bigCount(stack.goid),
        g: addressText(stack.g),
        lo: addressText(stack.lo),
        hi: addressText(stack.hi),
        status,
      },
      what: `stack of ${owner}, ${this.#about('g')}0x${(stack.hi - address).toString(16)} below its top`,
    };
  }

  #status({ status, role }: GoroutineStack): string {
    if (role !== 'goroutine') return role;
    if (status === undefined) return '?';
    this.#statuses ??= loadConstants(layoutsFolder()).at(this.#process!.layout.goVersion).statuses;
    return this.#statuses.get(status) ?? String(status);
  }

  #inRoot(address: number): Parts | undefined {
    const process = this.#process;
    if (!process) return undefined;
    for (const [name, type] of Object.entries(rootTypes) as [RootName, string][]) {
      const start = process.address(name);
      const size = process.layout.struct(type)?.size;
      if (start === undefined || size === undefined || address < start || address >= start + size) continue;
      const { object } = this.#structAt(type, start, address);
      const symbol = { name, offset: address - start, method: process.roots.get(name)?.method ?? 'symtab' };
      return { ...nothing, kind: 'runtime', object, symbol, what: place(name, object?.field, address - start) };
    }
    return undefined;
  }

  #inObject(address: number): Parts | undefined {
    const found = this.#objectAt(address) ?? this.#arenaAt(address);
    return found && { ...nothing, kind: 'runtime', object: found.object, what: found.text };
  }

  #objectAt(address: number): { object: NonNullable<FindResult['object']>; text: string } | undefined {
    const found = this.#known?.objectAt(address);
    if (!found) return undefined;
    const { object, text } = this.#structAt(found.type, found.address, address);
    const g = found.type === 'g' ? this.#known?.goroutine(found.address) : undefined;
    const whose =
      g && (g.role === 'goroutine' ? ` of goroutine ${this.#about('g')}${g.goid}` : ` (${g.role} of a thread)`);
    return { object, text: `${text}${whose ?? ''}` };
  }

  /** heapArenas are mapped outside of the heap; those of the spans' arenas are known. */
  #arenaAt(address: number): { object: NonNullable<FindResult['object']>; text: string } | undefined {
    const size = this.#process?.layout.struct('heapArena')?.size;
    if (size === undefined) return undefined;
    const start = lastAtOrBefore(this.#arenas?.structs ?? [], (arena) => arena, address);
    return start !== undefined && address < start + size ? this.#structAt('heapArena', start, address) : undefined;
  }

  #inProgram(address: number): Parts | undefined {
    const found = this.#program.at(address);
    return found && { ...nothing, ...found };
  }

  #inMapping(address: number): Parts {
    const segment = this.#segmentAt(address);
    if (!segment) return { ...nothing, kind: 'unmapped', what: 'not mapped in the image' };
    const { flags, detail } = mappingOf(segment);
    const gone = segment.origin === 'missing' ? `, not in the image: ${detail}` : '';
    const heap = this.#arenas?.holds(address) ? 'heap memory in no span, ' : '';
    return { ...nothing, kind: 'mapping', what: `${heap}${flags} memory at ${addressText(segment.start)}${gone}` };
  }

  /** The free mspan that had the page last, as far as it still says so. */
  #lastSpan(address: number) {
    const row = findRow(this.#table!, address, this.#process!.layout.traits.pageSize);
    return row < 0 ? null : this.#row(row);
  }

  #structAt(type: string, start: number, address: number) {
    const at = fieldAt(this.#process!.layout, type, address - start);
    const field = at ? at.field.name : null;
    const object = { type, address: addressText(start), field };
    return { object, text: place(`${type} ${addressText(start)}`, field, address - start) };
  }

  #segmentAt(address: number): Segment | undefined {
    const found = lastAtOrBefore(this.#target.memory.segments, ({ start }) => start, address);
    return found && address < found.end ? found : undefined;
  }
}

const slotStates: Readonly<Record<string, string>> = {
  a: 'allocated, marked',
  A: 'allocated, not marked',
  f: 'free',
  '!': 'marked but not allocated',
  '?': 'not known whether allocated',
};

function place(name: string, field: string | null | undefined, offset: number): string {
  return field ? `${name} .${field}` : offset === 0 ? name : `${name}+0x${offset.toString(16)}`;
}

function classText(table: SpanTable, row: number): string {
  const spanclass = table.spanclass[row]!;
  const pointers = spanclass & 1 ? 'noscan' : 'scan';
  return `${spanclass >> 1 === 0 ? 'large' : `class ${spanclass >> 1}`}, ${table.elemsize[row]} B, ${pointers}`;
}

function mappingOf({ start, end, flags, origin, detail }: Segment): NonNullable<FindResult['mapping']> {
  const text = flags === undefined ? '???' : `${flags & 4 ? 'r' : '-'}${flags & 2 ? 'w' : '-'}${flags & 1 ? 'x' : '-'}`;
  return { start: addressText(start), end: addressText(end), flags: text, origin, detail };
}
