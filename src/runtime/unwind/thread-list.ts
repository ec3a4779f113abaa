// The threads of an image beside the m's of the runtime: which m a thread is, by its id (m.procid, runtime/os_linux.go: minit) or else by the stack that
// its SP lies on. Knows registers and bounds of stacks, walks none.
import type { CoreThread, LiveThread } from '../../elf/core.js';
import type { FieldLayout } from '../../layout/types.js';
import { listOfMs } from '../goroutine-list.js';
import type { RuntimeView } from '../mheap.js';
import type { StackBounds } from './unwind.js';

/** The stacks that a thread's SP may lie on. */
export interface Machine {
  /** Address of the m. */
  readonly m: number;
  readonly id: number;
  /** Linux thread ID; 0 for an m that no thread runs (an extra m of cgo's). */
  readonly procid: number;
  readonly g0: number;
  readonly gsignal: number;
  readonly curg: number;
  readonly g0Stack: StackBounds | undefined;
  readonly gsignalStack: StackBounds | undefined;
  /** Where the code that called into the vDSO stood; 0 where none has. */
  readonly vdso: { readonly pc: number; readonly sp: number };
}

export interface Thread {
  readonly tid: number;
  readonly signal: number;
  readonly pc: number;
  readonly sp: number;
  /** The link register; undefined where it is not known, and on machines that have none. */
  readonly lr: number | undefined;
  /** The frame pointer, on machines where Go keeps one; 0 elsewhere. */
  readonly bp: number;
  readonly machine: Machine | undefined;
  /** Of a live process. Where `lack` says why its registers are not known, `pc` and `sp` are 0. */
  readonly live: LiveThread | undefined;
}

/** The m's of allm, in its order; at most as many as a process can have. */
export function readMachines(view: RuntimeView): Machine[] {
  const { layout } = view;
  const fields = Object.fromEntries(names.map((name) => [name, layout.field('m', name)]));
  const bounds = [layout.field('g', 'stack.lo'), layout.field('g', 'stack.hi')] as const;
  return [...listOfMs(view)].map((m) => {
    const word = (name: string) => wordAt(view, m, fields[name]);
    const [g0, gsignal] = [word('g0'), word('gsignal')];
    return {
      m,
      id: word('id'),
      procid: word('procid'),
      g0,
      gsignal,
      curg: word('curg'),
      g0Stack: stackOf(view, g0, bounds),
      gsignalStack: stackOf(view, gsignal, bounds),
      vdso: { pc: word('vdsoPC'), sp: word('vdsoSP') },
    };
  });
}

const names = ['g0', 'gsignal', 'curg', 'id', 'procid', 'vdsoPC', 'vdsoSP'];

/** A field of four or eight bytes; 0 where it is missing. */
function wordAt({ memory }: RuntimeView, struct: number, field: FieldLayout | undefined): number {
  if (!field) return 0;
  const value = field.size === 8 ? memory.uint64(struct + field.offset) : memory.uint32(struct + field.offset);
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) ? number : 0;
}

function stackOf(
  { memory }: RuntimeView,
  g: number,
  [lo, hi]: readonly [FieldLayout | undefined, FieldLayout | undefined],
): StackBounds | undefined {
  const low = g && lo ? memory.word(g + lo.offset) : 0;
  const high = g && hi ? memory.word(g + hi.offset) : 0;
  return low && high && low < high ? { lo: low, hi: high } : undefined;
}

/** Each thread of the image with its m. Registers above 2^53 (of a program that is lost) count as 0. */
export function threadsWithMachines(threads: readonly CoreThread[], machines: readonly Machine[]): Thread[] {
  const byId = new Map(machines.filter(({ procid }) => procid !== 0).map((machine) => [machine.procid, machine]));
  return threads.map(({ tid, signal, pc, sp, lr, registers, live }) => {
    const at = address(sp);
    const machine =
      byId.get(live?.innerTid ?? tid) ??
      machines.find(({ g0Stack, gsignalStack }) => within(g0Stack, at) || within(gsignalStack, at));
    return {
      tid,
      signal,
      pc: address(pc),
      sp: at,
      lr: lr === undefined ? undefined : address(lr),
      bp: address(registers.get('rbp') ?? registers.get('x29')),
      machine,
      live,
    };
  });
}

const address = (register: bigint | undefined): number => {
  const number = Number(register ?? 0n);
  return Number.isSafeInteger(number) ? number : 0;
};

export const within = (bounds: StackBounds | undefined, sp: number): boolean =>
  bounds !== undefined && sp >= bounds.lo && sp < bounds.hi;
