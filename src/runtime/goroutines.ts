// Every g of allgs with what the runtime knows of it: status, why and since when it waits, who made it, where it stands (runtime/runtime2.go, type g;
// proc.go, isSystemGoroutine). Reads fields; walks no stack and knows no functions.

import { loadConstants } from '../layout/constants.js';
import { layoutsFolder } from '../layout/load.js';
import { readInteger } from '../layout/struct-view.js';
import type { FieldLayout } from '../layout/types.js';
import { scanBit } from './g-status.js';
import type { RuntimeView } from './mheap.js';
import { readSlice } from './roots/validate.js';
import type { StackBounds } from './unwind/unwind.js';

/** Longer lists are cut: four million goroutines fill 8 GiB of stacks. */
const maxGs = 1 << 22;
const maxReasonBytes = 64;

export interface Goroutine {
  /** Address of the g. */
  readonly g: number;
  /** A number up to 2^53, above it a bigint. */
  readonly goid: number | bigint;
  /** The runtime's word without the scan bit: `waiting`; `status 13` for one that the release does not have; undefined where unreadable. */
  readonly status: string | undefined;
  /** Its stack is being scanned by the collector. */
  readonly scanned: boolean;
  /** The text of the runtime's table; undefined where it does not wait. */
  readonly waitReason: string | undefined;
  /** nanotime of the first cycle's root scan that found it waiting; 0 if none has yet. */
  readonly waitSince: number;
  readonly parentGoid: number | bigint | undefined;
  /** The return address of the go statement, and the entry of the function that it started; 0 for none. */
  readonly gopc: number;
  readonly startpc: number;
  /** The m's it runs on and is locked to; 0 for none. */
  readonly m: number;
  readonly lockedm: number;
  /** What g.labels leads to; 0 for none. */
  readonly labels: number;
  /** The bubble of synctest that it is in: a number of its own (1.25+), or the goid of the root of its group (1.24). */
  readonly bubble: Bubble | undefined;
  readonly stack: StackBounds;
  /** g.sched. */
  readonly sched: { readonly pc: number; readonly sp: number; readonly lr: number; readonly bp: number };
  /** Where it entered the system call that it is in; 0 where it is in none. */
  readonly syscall: { readonly pc: number; readonly sp: number };
}

export interface Bubble {
  readonly kind: 'group' | 'bubble';
  readonly id: number | bigint;
  /** Only what happens inside the bubble wakes it (1.25+); words that say so themselves left out. */
  readonly durable: boolean;
}

/** Reads g's of one layout. Undefined where it lacks what a g can't do without. */
export class GoroutineReader {
  readonly #view: RuntimeView;
  readonly #statuses: ReadonlyMap<number, string>;
  readonly #reasons: ReadonlyMap<number, string>;
  readonly #fields: Readonly<Record<string, FieldLayout | undefined>>;

  constructor(view: RuntimeView) {
    const { layout } = view;
    this.#view = view;
    const { statuses, waitReasons } = loadConstants(layoutsFolder()).at(layout.goVersion);
    this.#statuses = statuses;
    this.#reasons = waitReasons;
    this.#fields = Object.fromEntries(fieldNames.map((name) => [name, layout.field('g', name)]));
  }

  /** The g at an address; undefined where not even its stack's bounds can be read. */
  at(g: number): Goroutine | undefined {
    const lo = this.#word(g, 'stack.lo');
    const hi = this.#word(g, 'stack.hi');
    if (lo === undefined || hi === undefined) return undefined;
    const word = (name: string) => this.#word(g, name) ?? 0;
    const raw = this.#number(g, 'atomicstatus');
    const number = raw === undefined ? undefined : Number(raw) & ~scanBit;
    const status = number === undefined ? undefined : (this.#statuses.get(number) ?? `status ${number}`);
    const waitReason = status === 'waiting' || status === 'leaked' ? this.#waitReason(g) : undefined;
    return {
      g,
      goid: this.#number(g, 'goid') ?? 0,
      status,
      scanned: raw !== undefined && (Number(raw) & scanBit) !== 0,
      waitReason,
      waitSince: waits.has(status ?? '') ? Number(this.#number(g, 'waitsince') ?? 0) : 0,
      parentGoid: this.#number(g, 'parentGoid'),
      gopc: word('gopc'),
      startpc: word('startpc'),
      m: word('m'),
      lockedm: word('lockedm'),
      labels: word('labels'),
      bubble: this.#bubble(g, status, waitReason ?? status),
      stack: { lo, hi },
      sched: { pc: word('sched.pc'), sp: word('sched.sp'), lr: word('sched.lr'), bp: word('sched.bp') },
      syscall: { pc: word('syscallpc'), sp: word('syscallsp') },
    };
  }

  /** runtime/traceback.go, goroutineheader; synctest.go, type synctestBubble (1.25+), synctestGroup (1.24). */
  #bubble(g: number, status: string | undefined, shown: string | undefined): Bubble | undefined {
    const { memory, layout } = this.#view;
    const group = this.#word(g, 'syncGroup');
    const root = group ? layout.field('synctestGroup', 'root') : undefined;
    const of = group && root && memory.word(group + root.offset);
    if (of) return { kind: 'group', id: this.goid(of) ?? 0, durable: false };
    const bubble = this.#word(g, 'bubble');
    const field = bubble ? layout.field('synctestBubble', 'id') : undefined;
    const id = bubble && field && readInteger(memory, bubble + field.offset, field.size, false);
    if (id === undefined || id === 0) return undefined;
    const { durable } = layout.traits.traceback;
    const idle =
      (durable.while === 'ever' || status === 'waiting') && durable.reasons.includes(this.#waitReason(g) ?? '');
    return { kind: 'bubble', id, durable: idle && shown?.endsWith('(durable)') !== true };
  }

  goid(g: number): number | bigint | undefined {
    return this.#number(g, 'goid');
  }

  /** A byte that the release's table names; up to 1.10 a string of the program's. */
  #waitReason(g: number): string | undefined {
    const field = this.#fields.waitreason;
    if (!field) return undefined;
    const { memory } = this.#view;
    if (field.type !== 'string') {
      const reason = memory.uint8(g + field.offset);
      return reason === undefined ? undefined : (this.#reasons.get(reason) ?? `wait reason ${reason}`) || undefined;
    }
    const text = memory.word(g + field.offset);
    const length = memory.word(g + field.offset + memory.pointerSize);
    if (!text || !length) return undefined;
    const { bytes } = memory.bytes(text, Math.min(length, maxReasonBytes));
    return bytes.length === 0 ? undefined : new TextDecoder().decode(bytes);
  }

  #number(g: number, name: string): number | bigint | undefined {
    const field = this.#fields[name];
    return field && readInteger(this.#view.memory, g + field.offset, field.size, false);
  }

  #word(g: number, name: string): number | undefined {
    const field = this.#fields[name];
    return field && this.#view.memory.word(g + field.offset);
  }
}

const fieldNames = [
  ...['stack.lo', 'stack.hi', 'goid', 'atomicstatus', 'waitreason', 'waitsince', 'parentGoid', 'gopc', 'startpc'],
  ...['m', 'lockedm', 'labels', 'syncGroup', 'bubble'],
  ...['sched.pc', 'sched.sp', 'sched.lr', 'sched.bp', 'syscallpc', 'syscallsp'],
];

/** Statuses of one that waits: who is woken keeps the moment until it runs (proc.go, execute; traceback.go, goroutineheader). */
const waits: ReadonlySet<string> = new Set(['waiting', 'syscall', 'leaked']);

/** All of allgs, dead ones too, in its order, or those that have this goid alone; those that can't be read are counted. */
export function readGoroutines(
  view: RuntimeView,
  goid?: string,
): {
  readonly goroutines: readonly Goroutine[];
  /** Whether allgs is known and is a slice: else none are found, which says nothing of how many there are. */
  readonly known: boolean;
  /** What allgs says that there are, and how many of them are missing above. */
  readonly total: number;
  readonly unreadable: number;
} {
  const at = view.address('runtime.allgs');
  const slice = at === undefined ? undefined : readSlice(view.memory, at);
  const reader = new GoroutineReader(view);
  const goroutines: Goroutine[] = [];
  const length = Math.min(slice?.length ?? 0, maxGs);
  let unreadable = 0;
  for (let i = 0; slice && i < length; i += 1) {
    const g = view.memory.word(slice.array + i * view.memory.pointerSize);
    if (g && goid !== undefined && String(reader.goid(g)) !== goid) continue;
    const found = g ? reader.at(g) : undefined;
    if (found) goroutines.push(found);
    else unreadable += 1;
  }
  return { goroutines, known: slice !== undefined, total: length, unreadable };
}
