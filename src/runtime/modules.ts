// The sections of the Go modules in the image, by moduledata (runtime/symtab.go): the program's own, and those of plugins and shared libraries behind it.
import { moduleChain, moduleWord } from './function-tables.js';
import type { RuntimeView } from './mheap.js';

export interface ModuleSection {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** [name, first field, last field]; `rodata` (1.18+) has no end of its own and holds the types: it comes after them. */
const bounds = [
  ['text', 'text', 'etext'],
  ['noptrdata', 'noptrdata', 'enoptrdata'],
  ['data', 'data', 'edata'],
  ['bss', 'bss', 'ebss'],
  ['noptrbss', 'noptrbss', 'enoptrbss'],
  ['types', 'types', 'etypes'],
  ['rodata', 'rodata', 'etypes'],
] as const;

/** Bounded; sections that can't be read or are empty are left out. */
export function moduleSections(view: RuntimeView): readonly ModuleSection[] {
  const sections: ModuleSection[] = [];
  for (const module of moduleChain(view, view.address('runtime.firstmoduledata'))) {
    for (const [name, from, to] of bounds) {
      const [start, end] = [moduleWord(view, module, from), moduleWord(view, module, to)];
      if (start && end && end > start) sections.push({ name, start, end });
    }
  }
  return sections;
}

export function sectionAt(sections: readonly ModuleSection[], address: number): string | undefined {
  return sections.find(({ start, end }) => address >= start && address < end)?.name;
}
