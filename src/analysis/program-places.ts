// What of the program an address is: a function with its line, a variable, a section of its module. By the function table, the symbol table and moduledata, each read when it is first asked.
import { type ModuleSection, moduleSections, sectionAt } from '../runtime/modules.js';
import type { GoProcess } from '../runtime/process.js';
import { type ProgramFunctions, readFunctions } from '../runtime/unwind/program-functions.js';
import type { Target } from '../target/target.js';
import type { FindResult } from './results.js';

type ProgramPlace = Pick<FindResult, 'kind' | 'what' | 'symbol' | 'code'>;

export class ProgramPlaces {
  readonly #target: Target;
  readonly #process: GoProcess | undefined;
  #sections: readonly ModuleSection[] | undefined;
  #functions: ProgramFunctions | undefined | null = null;

  /** `process` is absent where the image has no Go runtime that can be found: then symbols alone answer. */
  constructor(target: Target, process: GoProcess | undefined) {
    this.#target = target;
    this.#process = process;
  }

  /** Undefined for what is none of the program's. */
  at(address: number): ProgramPlace | undefined {
    return this.#inFunction(address) ?? this.#inBinary(address);
  }

  /** By the function table, which a stripped binary has too; C code is in the symbol table only. */
  #inFunction(address: number): ProgramPlace | undefined {
    const process = this.#process;
    if (process && this.#functions === null) this.#functions = readFunctions(process);
    const fn = this.#functions?.at(address);
    if (!fn || fn.name === '') return undefined;
    const calls = fn.calls(address);
    const [innermost] = calls;
    const offset = address - fn.entry;
    const symbol = { name: fn.name, offset, method: 'pclntab' as const };
    const code = {
      file: innermost?.file ?? null,
      line: innermost?.line ?? null,
      inlined: calls.filter(({ inlined }) => inlined).map(({ func }) => func),
    };
    const inlined = code.inlined.length > 0 ? `, in ${code.inlined[0]} inlined there` : '';
    const at = code.file === null ? '' : `, ${code.file}:${code.line ?? '?'}`;
    const what = `${fn.name}${offset ? `+0x${offset.toString(16)}` : ''}${at}${inlined}`;
    return { kind: 'function', symbol, code, what };
  }

  #inBinary(address: number): ProgramPlace | undefined {
    const near = this.#target.symbolAt(address);
    const section = this.sectionAt(address);
    if (!near) {
      if (section === undefined) return undefined;
      return {
        kind: section === 'text' ? 'text' : 'global',
        symbol: null,
        code: null,
        what: `${section} of the program`,
      };
    }
    const offset = address - near.value;
    const symbol = { name: near.name, offset, method: 'symtab' as const };
    const inside = near.size === 0 || offset < near.size;
    const what = `${near.name}${offset ? `+0x${offset.toString(16)}` : ''}${inside ? '' : ' (behind its end)'}${section ? `, ${section}` : ''}`;
    if (near.isFunction) return { kind: inside ? 'function' : 'text', symbol, code: null, what };
    return { kind: section === 'text' ? 'text' : 'global', symbol, code: null, what };
  }

  /** The module's section that holds an address, by moduledata. */
  sectionAt(address: number): string | undefined {
    if (this.#process) this.#sections ??= moduleSections(this.#process);
    return this.#sections && sectionAt(this.#sections, address);
  }
}
