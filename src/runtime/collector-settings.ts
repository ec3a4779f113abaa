// GOGC, the heap minimum, the memory limit and GOMAXPROCS as they are in force, wherever this release keeps them: fields of gcController since 1.17,
// variables of their own before (runtime/mgc.go, gcpercent and heapminimum).
import type { Target } from '../target/target.js';
import { controllerField, firstExact } from './heap-stats.js';
import { findPacerVariables } from './pacer-variables.js';
import type { GoProcess } from './process.js';
import { readSlice } from './roots/validate.js';

/** Undefined is what this release does not have or the image lacks. */
export interface CollectorSettings {
  /** -1: off. */
  readonly gcPercent: number | undefined;
  /** Bytes, unsigned: nonsense above 2^63 while GOGC is off. */
  readonly heapMinimum: bigint | undefined;
  /** Bytes; 2^63-1: no limit. */
  readonly memoryLimit: bigint | undefined;
  readonly gomaxprocs: number | undefined;
}

/** math.MaxInt64: no limit (runtime/debug, SetMemoryLimit). */
export const noMemoryLimit = 2n ** 63n - 1n;
const maxProcessors = 1 << 16;

export function collectorSettings(process: GoProcess): CollectorSettings {
  const percent = firstExact(process, [controllerField('gcPercent')]) ?? variable(process, 'runtime.gcpercent', 4);
  return {
    gcPercent: percent === undefined ? undefined : Number(BigInt.asIntN(32, percent)),
    heapMinimum: firstExact(process, [controllerField('heapMinimum')]) ?? variable(process, 'runtime.heapminimum', 8),
    memoryLimit: firstExact(process, [controllerField('memoryLimit')]),
    gomaxprocs: processors(process),
  };
}

/**
 * allp is cut to GOMAXPROCS (runtime/proc.go, procresize). Where it is an array, up to 1.9, it keeps every P there ever was, and only the variable
 * gomaxprocs tells, or how many of them procresize did not destroy.
 */
function processors(process: GoProcess): number | undefined {
  const { memory, address, layout } = process;
  const allp = address('runtime.allp');
  const count =
    layout.traits.allpArrayLength > 0
      ? Number(variable(process, 'runtime.gomaxprocs', 4) ?? livingProcessors(process, allp) ?? 0)
      : ((allp === undefined ? undefined : readSlice(memory, allp)?.length) ?? 0);
  return count > 0 && count <= maxProcessors ? count : undefined;
}

/** _Pdead (runtime/runtime2.go). */
const deadP = 4;

function livingProcessors({ memory, layout }: GoProcess, allp: number | undefined): number | undefined {
  const status = layout.field('p', 'status');
  if (allp === undefined || !status) return undefined;
  let living = 0;
  for (let i = 0; i < layout.traits.allpArrayLength; i += 1) {
    const p = memory.word(allp + i * memory.pointerSize);
    if (p === undefined) return undefined;
    if (p === 0) break;
    const state = memory.uint32(p + status.offset);
    if (state === undefined) return undefined;
    if (state !== deadP) living += 1;
  }
  return living;
}

/** Addresses of variables that are no roots: by the symbol table, else by DWARF, else by the code. Looking them up costs more than reading them. */
const addresses = new WeakMap<Target, Map<string, number | undefined>>();

function variable(process: GoProcess, name: string, size: 4 | 8): bigint | undefined {
  const { target, memory } = process;
  const known = addresses.get(target) ?? new Map<string, number | undefined>();
  addresses.set(target, known);
  if (!known.has(name)) known.set(name, target.symbols([name]).get(name) ?? target.dwarfVariable(name));
  if (known.get(name) === undefined && !known.has(byCode) && hasPacerVariables(process)) {
    known.set(byCode, 0);
    const found = findPacerVariables(process);
    known.set('runtime.gcpercent', known.get('runtime.gcpercent') ?? found?.gcPercent);
    known.set('runtime.heapminimum', known.get('runtime.heapminimum') ?? found?.heapMinimum);
  }
  const address = known.get(name);
  if (address === undefined) return undefined;
  if (size === 8) return memory.uint64(address);
  const value = memory.uint32(address);
  return value === undefined ? undefined : BigInt(value);
}

/** A name that no variable has: the code was looked at. */
const byCode = '';

/** In later releases they are fields, and an image that lacks those lacks more. */
const hasPacerVariables = ({ layout }: GoProcess) =>
  layout.field('gcControllerState', 'gcPercent') === undefined &&
  layout.field('gcControllerState', 'heapMinimum') === undefined;
