// The sections of the Go modules in the image, by moduledata (runtime/symtab.go): the program's own, and those of plugins and shared libraries behind it.
import type { RuntimeView } from './mheap.js';

export interface ModuleSection {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const maxModules = 64;
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
  const { memory, layout } = view;
  const sections: ModuleSection[] = [];
  const next = layout.field('moduledata', 'next');
  const seen = new Set<number>();
  let module = view.address('runtime.firstmoduledata');
  while (module && !seen.has(module) && seen.size < maxModules) {
    const at = module;
    seen.add(at);
    const get = (name: string) => {
      const field = layout.field('moduledata', name);
      return field && memory.word(at + field.offset);
    };
    for (const [name, from, to] of bounds) {
      const [start, end] = [get(from), get(to)];
      if (start && end && end > start) sections.push({ name, start, end });
    }
    module = next && memory.word(at + next.offset);
  }
  return sections;
}

export function sectionAt(sections: readonly ModuleSection[], address: number): string | undefined {
  return sections.find(({ start, end }) => address >= start && address < end)?.name;
}
