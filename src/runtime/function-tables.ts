// The Go modules of an image and their function tables: the chain of moduledata (the program's own first, plugins behind it), and for each the pclntab, by its
// header or, where that was overwritten, by the slices that moduledata keeps into it (runtime/symtab.go: type moduledata, moduledataverify1).
import { isOrdered, Pclntab, type PclntabFormat, type PclntabHeader, readPclntabHeader } from '../gosym/pclntab.js';
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';

/** More plugins than a program loads. */
const maxModules = 64;
const mostFunctions = 2 ** 21;

interface Place {
  readonly memory: Memory;
  readonly layout: Layout;
}

/** The pointer-sized word of a moduledata; undefined where the release lacks the field or memory the word. */
export function moduleWord({ memory, layout }: Place, module: number, path: string): number | undefined {
  const field = layout.field('moduledata', path);
  return field && memory.word(module + field.offset);
}

/** Addresses of moduledata from `first` on: bounded, none twice. */
export function* moduleChain(place: Place, first: number | undefined): Generator<number> {
  const seen = new Set<number>();
  let module = first;
  while (module && !seen.has(module) && seen.size < maxModules) {
    seen.add(module);
    yield module;
    module = moduleWord(place, module, 'next');
  }
}

/** Whether a moduledata is a plugin's (1.8+): it has a copy of the runtime that does not run. Libraries for C programs are none. */
export const isPlugin = (place: Place, module: number): boolean =>
  (moduleWord(place, module, 'pluginpath.len') ?? 0) > 0;

/** The function table of the module whose moduledata stands at `module`; undefined where none is there or its parts contradict each other. */
export function functionTable(place: Place, module: number): Pclntab | undefined {
  const { memory } = place;
  const get = (path: string) => moduleWord(place, module, path);
  const at = get('pcHeader') ?? get('pclntable.array');
  const [text, ftab, entries] = [get('text'), get('ftab.array'), get('ftab.len')];
  if (at === undefined || text === undefined || ftab === undefined || entries === undefined) return undefined;
  const read = readPclntabHeader(memory, at, true);
  const usable = read && read.functionCount + 1 === entries && read.ftab === ftab ? read : undefined;
  // The runtime goes by moduledata; a header that says something else was damaged.
  const header = usable && agrees(place, module, usable) ? usable : (headerOfModule(place, module) ?? usable);
  return header && new Pclntab(memory, header, text);
}

/** The function tables of a module and those behind it. */
export function* functionTables(place: Place, first: number | undefined): Generator<Pclntab> {
  for (const module of moduleChain(place, first)) {
    const table = functionTable(place, module);
    if (table) yield table;
  }
}

/** Where functions stand, and what they are called. */
export type FunctionPlaces = Pick<Pclntab, 'functionOf' | 'nameOf'>;

/** The function tables of a module and those behind it (plugins, shared modules) as one; undefined where none can be read. */
export function functionPlaces(place: Place, first: number | undefined): FunctionPlaces | undefined {
  const tables = [...functionTables(place, first)];
  if (tables.length <= 1) return tables[0];
  return {
    functionOf(pc) {
      for (const table of tables) {
        const found = table.functionOf(pc);
        if (found) return found;
      }
      return undefined;
    },
    nameOf: (fn) => tables.find((table) => table.functionOf(fn.entry)?.record === fn.record)?.nameOf(fn),
  };
}

/** Whether a header says of the parts of its table what moduledata says, and of instructions what the arch does. */
function agrees(place: Place, module: number, { format, minLC, funcnametab, cutab, pctab }: PclntabHeader): boolean {
  if (format !== formatOf(place.layout) || minLC !== place.layout.traits.minLC) return false;
  if (format === 'go1.2') return true;
  const get = (path: string) => moduleWord(place, module, path);
  return funcnametab === get('funcnametab.array') && cutab === get('cutab.array') && pctab === get('pctab.array');
}

/** What the header would say, by moduledata alone. Its table must bear it out: entries in order, from minpc to maxpc. */
function headerOfModule(place: Place, module: number): PclntabHeader | undefined {
  const { memory, layout } = place;
  const get = (path: string) => moduleWord(place, module, path);
  const format = formatOf(layout);
  const [ftab, entries, pclntable] = [get('ftab.array'), get('ftab.len'), get('pclntable.array')];
  const [text, minpc, maxpc] = [get('text'), get('minpc'), get('maxpc')];
  if (!ftab || !pclntable || entries === undefined || entries < 2 || entries > mostFunctions) return undefined;
  if (text === undefined || minpc === undefined || maxpc === undefined || ftab < pclntable) return undefined;
  const own = format === 'go1.2';
  const [names, pctab] = own ? [pclntable, pclntable] : [get('funcnametab.array'), get('pctab.array')];
  if (!names || !pctab) return undefined;
  const header: PclntabHeader = {
    address: get('pcHeader') ?? pclntable,
    format,
    magicKnown: false,
    minLC: layout.traits.minLC,
    functionCount: entries - 1,
    textStart: undefined,
    ftab,
    pclntable,
    funcnametab: names,
    cutab: get('cutab.array'),
    filetab: get('filetab.array'),
    pctab,
  };
  const table = new Pclntab(memory, header, text);
  const [first, last] = [table.entryAt(0), table.entryAt(entries - 1)];
  if (first !== minpc || last === undefined || last > maxpc) return undefined;
  return isOrdered(memory, header) ? header : undefined;
}

/** By what the structs look like, which is what the formats differ in. */
function formatOf(layout: Layout): PclntabFormat {
  if (!layout.field('moduledata', 'pcHeader')) return 'go1.2';
  if (layout.field('functab', 'entryoff') === undefined) return 'go1.16';
  return layout.field('_func', 'startLine') ? 'go1.20' : 'go1.18';
}
