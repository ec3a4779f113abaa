// What the function tables of a program say of a pc: the function, how far SP has moved there, and the calls that were inlined at it with file and line
// (runtime/symtab.go, symtabinl.go). Knows the shapes of records from its caller, which takes them from a layout, and nothing of stacks.
import type { Memory } from '../image/memory.js';
import type { Pclntab, PclntabFunction } from './pclntab.js';
import { pcValue } from './pcvalue.js';

/** Where a number stands in a record, unsigned unless said. */
export interface NumberAt {
  readonly offset: number;
  readonly size: number;
}

/** `runtime._func` of one release, and how its tables are numbered. */
export interface FunctionShape {
  /** Bytes of `_func`: the offsets of the pcdata tables stand behind it, then the funcdata. */
  readonly size: number;
  readonly name: NumberAt;
  readonly pcsp: NumberAt;
  readonly pcfile: NumberAt;
  readonly pcln: NumberAt;
  readonly npcdata: NumberAt;
  readonly nfuncdata: NumberAt;
  /** 1.16+: file numbers count from it. */
  readonly cuOffset: NumberAt | undefined;
  readonly args: NumberAt | undefined;
  /** 1.10.2+. */
  readonly funcID: NumberAt | undefined;
  /** 1.17+. */
  readonly flag: NumberAt | undefined;
  /** internal/abi: PCDATA_InlTreeIndex and FUNCDATA_InlTree. */
  readonly pcdataInlTree: number;
  readonly funcdataInlTree: number;
  /** Funcdata as aligned addresses (up to 1.17), or as offsets of four bytes from moduledata.gofunc, all ones for none. */
  readonly funcdata: 'pointers' | 'offsets';
  readonly inlinedCall: InlinedCallShape | undefined;
}

/** `runtime.inlinedCall`. A record says where it was inlined by its parent's number and the call's file and line (up to 1.11), or by a pc (1.12+). */
export interface InlinedCallShape {
  readonly size: number;
  readonly name: NumberAt;
  readonly parentPc: NumberAt | undefined;
  readonly parent: NumberAt | undefined;
  readonly file: NumberAt | undefined;
  readonly line: NumberAt | undefined;
  readonly funcID: NumberAt | undefined;
}

/** The function table of one Go module. */
export interface ModuleFunctions {
  readonly table: Pclntab;
  /** moduledata.gofunc, what funcdata offsets count from (1.18+). */
  readonly gofunc: number | undefined;
}

/** One call at a pc: the function's own, or one that was inlined into it. */
export interface SourceCall {
  /** As the linker wrote it, control characters and all; empty where the table has no name. */
  readonly func: string;
  /** As recorded; undefined where the table does not say. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly inlined: boolean;
  /** Where in the function this is the line of. */
  readonly pc: number;
  /** internal/abi.FuncID; undefined where records have none. */
  readonly funcID: number | undefined;
}

/** internal/abi/symtab.go, FuncFlag: the outermost function of a stack; one that writes SP in ways that pcsp does not tell. */
const TOP_FRAME = 1;
const SP_WRITE = 2;

const MOST_INLINED = 500;
const MOST_TABLES = 64;

export class FunctionTable {
  readonly #memory: Memory;
  readonly #modules: readonly ModuleFunctions[];
  readonly #shape: FunctionShape;
  readonly #known = new Map<number, GoFunction>();

  constructor(memory: Memory, modules: readonly ModuleFunctions[], shape: FunctionShape) {
    this.#memory = memory;
    this.#modules = modules;
    this.#shape = shape;
  }

  /** The function whose code holds `pc`, of the first module that has one. */
  at(pc: number): GoFunction | undefined {
    for (const module of this.#modules) {
      const found = module.table.functionOf(pc);
      if (!found) continue;
      let known = this.#known.get(found.record);
      if (!known) {
        known = new GoFunction(this.#memory, module, found, this.#shape);
        this.#known.set(found.record, known);
      }
      return known;
    }
    return undefined;
  }

  /** Every function, a module after the other, by ascending entry. */
  *all(): Generator<GoFunction> {
    for (const module of this.#modules) {
      for (let index = 0; index < module.table.header.functionCount; index += 1) {
        const record = module.table.functionAt(index);
        if (record) yield new GoFunction(this.#memory, module, record, this.#shape);
      }
    }
  }
}

export class GoFunction {
  readonly entry: number;
  readonly end: number;
  readonly #memory: Memory;
  readonly #module: ModuleFunctions;
  readonly #record: PclntabFunction;
  readonly #shape: FunctionShape;
  readonly #deltas = new Map<number, number | undefined>();
  readonly #calls = new Map<number, readonly SourceCall[]>();
  #name: string | undefined;
  #tree: number | undefined | null = null;

  constructor(memory: Memory, module: ModuleFunctions, record: PclntabFunction, shape: FunctionShape) {
    this.#memory = memory;
    this.#module = module;
    this.#record = record;
    this.#shape = shape;
    this.entry = record.entry;
    this.end = record.end;
  }

  get name(): string {
    this.#name ??= this.#nameAt(this.#number(this.#shape.name)) ?? '';
    return this.#name;
  }

  get funcID(): number | undefined {
    return this.#number(this.#shape.funcID);
  }

  /** Nothing called it: the stack ends here (1.17+; undefined before). */
  get isTopFrame(): boolean | undefined {
    const flag = this.#number(this.#shape.flag);
    return flag === undefined ? undefined : (flag & TOP_FRAME) !== 0;
  }

  /** Bytes of its arguments and results (signed; negative where they are not known); undefined where the record can't be read. */
  get argsBytes(): number | undefined {
    const bytes = this.#number(this.#shape.args);
    return bytes === undefined ? undefined : bytes | 0;
  }

  /** Where its code begins in the source: the file and line of its first instruction. */
  get start(): { readonly file: string | undefined; readonly line: number | undefined } {
    return { file: this.#file(this.entry), line: this.#line(this.entry) };
  }

  get writesSp(): boolean {
    return ((this.#number(this.#shape.flag) ?? 0) & SP_WRITE) !== 0;
  }

  /** Bytes between SP at `pc` and SP at the function's entry; undefined where the table does not tell. */
  spDelta(pc: number): number | undefined {
    if (!this.#deltas.has(pc)) this.#deltas.set(pc, this.#pcValue(this.#number(this.#shape.pcsp), pc));
    return this.#deltas.get(pc);
  }

  /** The calls at `pc`, innermost first: those inlined there, then the function itself. Never empty. */
  calls(pc: number): readonly SourceCall[] {
    let known = this.#calls.get(pc);
    if (!known) {
      known = this.#readCalls(pc);
      this.#calls.set(pc, known);
    }
    return known;
  }

  #readCalls(at: number): readonly SourceCall[] {
    const calls: SourceCall[] = [];
    const { inlinedCall } = this.#shape;
    const tree = inlinedCall && this.#inlineTree();
    let pc = at;
    let file = this.#file(pc);
    let line = this.#line(pc);
    let index = tree === undefined ? undefined : this.#inlineIndex(pc);
    while (inlinedCall && tree !== undefined && index !== undefined && index >= 0 && calls.length < MOST_INLINED) {
      const record = tree + index * inlinedCall.size;
      const number = (where: NumberAt | undefined) => where && readNumber(this.#memory, record, where);
      const func = this.#nameAt(number(inlinedCall.name));
      if (func === undefined) break;
      calls.push({ func, file, line, inlined: true, pc, funcID: number(inlinedCall.funcID) });
      const parentPc = number(inlinedCall.parentPc);
      if (inlinedCall.parentPc) {
        if (parentPc === undefined) break;
        pc = this.entry + parentPc;
        file = this.#file(pc);
        line = this.#line(pc);
        index = this.#inlineIndex(pc);
      } else {
        file = this.#fileName(number(inlinedCall.file));
        line = number(inlinedCall.line);
        index = (number(inlinedCall.parent) ?? -1) | 0;
      }
    }
    calls.push({ func: this.name, file, line, inlined: false, pc, funcID: this.funcID });
    return calls;
  }

  #inlineIndex(pc: number): number | undefined {
    return this.#pcValue(this.#pcdata(this.#shape.pcdataInlTree), pc);
  }

  #line(pc: number): number | undefined {
    const line = this.#pcValue(this.#number(this.#shape.pcln), pc);
    return line !== undefined && line >= 0 ? line : undefined;
  }

  #file(pc: number): string | undefined {
    return this.#fileName(this.#pcValue(this.#number(this.#shape.pcfile), pc));
  }

  /** Up to 1.15 by a table of the whole program, then by one of the compilation unit. */
  #fileName(number: number | undefined): string | undefined {
    const { filetab, cutab, pclntable } = this.#module.table.header;
    if (number === undefined || number < 0 || filetab === undefined) return undefined;
    const unit = this.#number(this.#shape.cuOffset);
    if (cutab === undefined || unit === undefined) {
      const offset = this.#memory.uint32(filetab + number * 4);
      return offset === undefined ? undefined : this.#module.table.stringAt(pclntable + offset);
    }
    const offset = this.#memory.uint32(cutab + (unit + number) * 4);
    return offset === undefined || offset === 0xffffffff ? undefined : this.#module.table.stringAt(filetab + offset);
  }

  /** The address of a funcdata table (internal/abi, FUNCDATA_…); null where the function has none, undefined where that can't be read. */
  funcdata(table: number): number | null | undefined {
    return this.#funcdata(table);
  }

  /** The value of a pcdata table (internal/abi, PCDATA_…) at `pc`; undefined where there is none. */
  pcdata(table: number, pc: number): number | undefined {
    return this.#pcValue(this.#pcdata(table), pc);
  }

  #pcdata(table: number): number | undefined {
    const count = this.#number(this.#shape.npcdata);
    if (count === undefined || table >= Math.min(count, MOST_TABLES)) return undefined;
    return this.#memory.uint32(this.#record.record + this.#shape.size + table * 4);
  }

  /** Funcdata stand behind the pcdata offsets. */
  #inlineTree(): number | undefined {
    if (this.#tree === null) this.#tree = this.#funcdata(this.#shape.funcdataInlTree) ?? undefined;
    return this.#tree;
  }

  #funcdata(table: number): number | null | undefined {
    const { size, funcdata, npcdata, nfuncdata } = this.#shape;
    const [tables, count] = [this.#number(npcdata), this.#number(nfuncdata)];
    if (tables === undefined || tables > MOST_TABLES || count === undefined) return undefined;
    if (table >= Math.min(count, MOST_TABLES)) return null;
    const first = this.#record.record + size + tables * 4;
    if (funcdata === 'offsets') {
      const offset = this.#memory.uint32(first + table * 4);
      const base = this.#module.gofunc;
      if (offset === 0xffffffff) return null;
      return offset === undefined || base === undefined ? undefined : base + offset;
    }
    const { pointerSize } = this.#memory;
    const address = this.#memory.word(Math.ceil(first / pointerSize) * pointerSize + table * pointerSize);
    return address === 0 ? null : address;
  }

  /** Offset 0 is no table. */
  #pcValue(offset: number | undefined, pc: number): number | undefined {
    if (!offset) return undefined;
    const { pctab, minLC } = this.#module.table.header;
    return pcValue(this.#memory, { address: pctab + offset, entry: this.entry, minLC }, pc);
  }

  #nameAt(offset: number | undefined): string | undefined {
    return offset === undefined ? undefined : this.#module.table.nameAt(offset);
  }

  #number(where: NumberAt | undefined): number | undefined {
    return where && readNumber(this.#memory, this.#record.record, where);
  }
}

function readNumber(memory: Memory, record: number, { offset, size }: NumberAt): number | undefined {
  if (size === 1) return memory.uint8(record + offset);
  return size === 2 ? signed16(memory.uint16(record + offset)) : memory.uint32(record + offset);
}

/** The only number of two bytes is the parent of an inlined call, -1 for none. */
const signed16 = (value: number | undefined) => (value === undefined ? undefined : (value << 16) >> 16);
