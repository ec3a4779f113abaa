// The functions of every Go module in the image, by the function tables that moduledata leads to (runtime/symtab.go, type moduledata). Takes the shapes of
// records from the layout, and what a function is to the unwinder from its funcID, or from its name in releases that have none.

import { binaryTable } from '../../gosym/binary-table.js';
import {
  type FunctionShape,
  FunctionTable,
  type GoFunction,
  type InlinedCallShape,
  type ModuleFunctions,
  type NumberAt,
} from '../../gosym/functions.js';
import type { Memory } from '../../image/memory.js';
import { loadConstants } from '../../layout/constants.js';
import { layoutsFolder } from '../../layout/load.js';
import type { Layout, StructLayout } from '../../layout/types.js';
import type { Target } from '../../target/target.js';
import { functionTable, moduleChain, moduleWord } from '../function-tables.js';
import type { RuntimeView } from '../mheap.js';

export interface ProgramFunctions {
  /** The function whose code holds `pc`. */
  at(pc: number): GoFunction | undefined;
  all(): Iterable<GoFunction>;
  /** What `internal/abi.FuncID` calls it (`goexit`, `systemstack`, `wrapper`), `normal` for all others. */
  roleOf(fn: GoFunction): string;
  /** The same for a funcID alone, as inlined calls have it. */
  roleOfId(funcID: number | undefined): string;
}

/** What there is where no function table can be read. */
export const noFunctions: ProgramFunctions = {
  at: () => undefined,
  all: () => [],
  roleOf: () => 'normal',
  roleOfId: () => 'normal',
};

/** Undefined where no module's function table can be read (no binary, damaged data) or the layout lacks the records. */
export function readFunctions(view: RuntimeView): ProgramFunctions | undefined {
  const { layout } = view;
  const shape = functionShape(layout);
  const modules = shape ? [...readModules(view)] : [];
  return shape && modules.length > 0 ? functionsOf(view.memory, layout, shape, modules) : undefined;
}

/** The same of a binary without an image; a phrase where it can't be read. What was inlined is then not told. */
export function readBinaryFunctions({ memory, binary, symbols }: Target, layout: Layout): ProgramFunctions | string {
  const shape = functionShape(layout);
  if (!shape || !binary) return 'the layout does not know the records of its function table';
  const text = layout.field('moduledata', 'text')?.offset;
  const textSymbol = symbols(['runtime.text']).get('runtime.text');
  const found = binaryTable(binary.elf, memory, text === undefined ? undefined : { text }, textSymbol);
  if (typeof found === 'string') return found;
  return functionsOf(memory, layout, shape, [{ table: found.table, gofunc: undefined }]);
}

function functionsOf(
  memory: Memory,
  layout: Layout,
  shape: FunctionShape,
  modules: readonly ModuleFunctions[],
): ProgramFunctions {
  const table = new FunctionTable(memory, modules, shape);
  const { funcIds } = loadConstants(layoutsFolder()).at(layout.goVersion);
  const roleOfId = (funcID: number | undefined) =>
    funcID === undefined ? 'normal' : (funcIds.get(funcID) ?? 'normal');
  return {
    at: (pc) => table.at(pc),
    all: () => table.all(),
    roleOfId,
    roleOf: (fn) => (shape.funcID ? roleOfId(fn.funcID) : (rolesByName.get(fn.name) ?? 'normal')),
  };
}

/** Functions that nothing called, or that never return to what called them (traceback.go, topofstack; TOPFRAME in assembly since 1.17). */
export const outermostRoles: ReadonlySet<string> = new Set([
  'goexit',
  'mstart',
  'mcall',
  'morestack',
  'rt0_go',
  'externalthreadhandler',
]);
/** Calls that a signal handler made it look as if they had been made: they return to an instruction that is behind no call. */
export const injectedRoles: ReadonlySet<string> = new Set(['sigpanic', 'asyncPreempt', 'debugCallV1', 'debugCallV2']);

/** Up to 1.10.1 records have no funcID: the runtime compares entry pcs (runtime/traceback.go, tracebackinit). */
const rolesByName: ReadonlyMap<string, string> = new Map([
  ...['goexit', 'jmpdefer', 'mcall', 'morestack', 'mstart', 'rt0_go', 'asmcgocall', 'sigpanic', 'gcBgMarkWorker', 'systemstack_switch', 'systemstack', 'cgocallback_gofunc', 'gogo', 'externalthreadhandler'].map((name): [string, string] => [`runtime.${name}`, name]),
]); // biome-ignore format: a list of names

function* readModules(view: RuntimeView): Generator<ModuleFunctions> {
  for (const module of moduleChain(view, view.address('runtime.firstmoduledata'))) {
    const table = functionTable(view, module);
    if (table) yield { table, gofunc: moduleWord(view, module, 'gofunc') };
  }
}

/** Undefined where the layout knows no `_func`. */
function functionShape(layout: Layout): FunctionShape | undefined {
  const record = layout.struct('_func');
  const number = (...names: string[]) => numberIn(record, names);
  const [name, pcsp, pcfile, pcln] = [number('nameOff', 'nameoff'), number('pcsp'), number('pcfile'), number('pcln')];
  const [npcdata, nfuncdata] = [number('npcdata'), number('nfuncdata')];
  if (!record || !name || !pcsp || !pcfile || !pcln || !npcdata || !nfuncdata) return undefined;
  const { inlineTables, funcdata } = layout.traits;
  return {
    // Not the struct's size, which is padded in some releases (runtime/symtab.go, pcdatastart).
    size: nfuncdata.offset + nfuncdata.size,
    name,
    pcsp,
    pcfile,
    pcln,
    npcdata,
    nfuncdata,
    cuOffset: number('cuOffset'),
    funcID: number('funcID'),
    flag: number('flag'),
    pcdataInlTree: inlineTables.pcdata,
    funcdataInlTree: inlineTables.funcdata,
    funcdata,
    inlinedCall: inlinedCallShape(layout),
  };
}

function inlinedCallShape(layout: Layout): InlinedCallShape | undefined {
  const record = layout.struct('inlinedCall');
  const number = (...names: string[]) => numberIn(record, names);
  const name = number('nameOff', 'func_');
  if (!record || !name) return undefined;
  return {
    size: record.size,
    name,
    parentPc: number('parentPc'),
    parent: number('parent'),
    file: number('file'),
    line: number('line'),
    funcID: number('funcID'),
  };
}

/** The field of the first of the names that the record has: releases spell them differently. */
function numberIn(record: StructLayout | undefined, names: readonly string[]): NumberAt | undefined {
  const field = names.map((name) => record?.fields.get(name)).find((found) => found !== undefined);
  return field && { offset: field.offset, size: field.size };
}
