// The finders of a target, in the order in which they are asked, and what is told of what they found.
import type { Layout } from '../../layout/types.js';
import type { Target } from '../../target/target.js';
import type { Finder } from './choose-root.js';
import { codeFinder } from './code-finder.js';
import type { FoundRoots } from './find.js';
import { moduleFinder } from './module-finder.js';
import { isLater, laterRootNames, type Refusal, type RootName, rootNames } from './names.js';
import { type StackFinder, stackFinder } from './stack-finder.js';
import { structureFinder } from './structure-finder.js';

export interface Finders {
  /** In the order in which they are asked; the last, and dearest, is `stack`. */
  readonly ordered: readonly Finder[];
  /** What the threads lead to serves where mheap_ is lost as well. */
  readonly stack: StackFinder;
}

/** `overrides`: addresses by name, as the user gave them. */
export function findersOf(target: Target, overrides: Readonly<Record<string, number>>): Finders {
  const symbols = new Map<boolean, ReadonlyMap<string, number>>();
  // Two searches: who does not ask for the later roots does not pay for their names.
  const symbolsWith = (later: boolean, layout: Layout): ReadonlyMap<string, number> => {
    const known = symbols.get(later);
    if (known) return known;
    const found = target.symbols(later ? laterRootNames.map((name) => nameIn(layout, name)) : rootNames);
    symbols.set(later, found);
    return found;
  };
  const modules = moduleFinder(target.variableRanges, target.moduleSection);
  // Of a process that runs on, registers and stacks are of different moments.
  const threads = () => (target.live?.moving ? [] : target.threads());
  const stack = stackFinder(threads, target.dataRanges, modules);
  const code = codeFinder(modules, target.dataRanges);
  const ordered: Finder[] = [
    { method: 'override', find: (name) => one(overrides[name]) },
    {
      method: 'symtab',
      find: (name, { layout }) => one(symbolsWith(isLater(name), layout).get(nameIn(layout, name))),
    },
    { method: 'dwarf', find: (name, { layout }) => one(target.dwarfVariable(nameIn(layout, name))) },
    structureFinder(target.dataRanges, modules, code),
    code,
    stack,
  ];
  return { ordered, stack };
}

const one = (address: number | undefined): readonly number[] => (address === undefined ? [] : [address]);

/** What the release calls it. */
export const nameIn = (layout: Layout | undefined, name: RootName): string =>
  layout?.traits.variableNames[name] ?? name;

/** Adds what was found of `names` to the trace, and to refusals and warnings what was refused. */
export function tell(
  { roots, refusals }: Omit<FoundRoots, 'mheap'>,
  names: Iterable<RootName>,
  { trace, warnings, refusals: all }: { trace: string[]; warnings: string[]; refusals: Refusal[] },
): void {
  const hex = (address: number | undefined) => `0x${address?.toString(16)}`;
  for (const name of names) {
    const { state, method, address, detail, confirmedBy, rival } = roots.get(name)!;
    const way = method ? ` by ${method} at ${hex(address)}` : '';
    trace.push(
      `root ${name}: ${state}${way}${confirmedBy.length > 0 ? ` and ${confirmedBy.join(', ')}` : ''}: ${detail}`,
    );
    if (rival !== undefined)
      warnings.push(
        `${name}: ${hex(address)} and ${hex(rival)} look the same, and nothing tells which of them is used: neither is read`,
      );
  }
  all.push(...refusals);
  for (const { name, method, address, why, disputed } of refusals) {
    const which = disputed ? 'is doubtful and not read' : 'does not hold it';
    warnings.push(`${name}: ${method} says ${hex(address)}, which ${which}: ${why}`);
  }
}
