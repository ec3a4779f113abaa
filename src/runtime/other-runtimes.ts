// Whether a process has Go runtimes besides the one that is shown: each Go library of a C program brings its own, with a heap and a collector of its own. A plugin has none: its module is one
// of the program's (runtime/symtab.go: modulesinit, moduledata.next).
import { InspectError } from '../bytes/errors.js';
import { moduleText } from '../target/other-places.js';
import type { OtherPlace, Target } from '../target/target.js';
import { isPlugin, moduleChain } from './function-tables.js';
import type { RuntimeView } from './mheap.js';
import type { Root, RootName } from './roots/names.js';

/** Files that are tried: a process has room for few heaps. */
const mostTried = 4;

interface Runtime {
  readonly roots: ReadonlyMap<RootName, Root>;
  readonly target: Target;
  readonly check: { readonly ok: boolean };
  readonly partial: string | undefined;
  readonly allspans: { readonly array: number } | undefined;
}

type Shown = RuntimeView & Runtime;

/** The program that has mapped the binary as a module of its own (a plugin), if `open` finds its runtime. */
export function programOfModule<T extends Shown>(
  target: Target,
  open: (target: Target) => T | undefined,
): T | undefined {
  const { module } = target.elsewhere;
  const program = module?.programOf(target);
  const there = program && tryOpen(program, open);
  if (!module || !there?.check.ok || there.partial !== undefined) return undefined;
  const [first, ...others] = moduleChain(there, there.address('runtime.firstmoduledata'));
  return first !== undefined && !isIn(module, first) && others.some((at) => isIn(module, at)) ? there : undefined;
}

/** What explains that a heap is not found beside a binary, or not by its variables: it is a plugin, and nothing leads to its program. Instead of what was refused: that is its copy of the runtime, which does not run. */
export function pluginWarning(shown: Shown): string | undefined {
  const { binary, elsewhere } = shown.target;
  // Whether a thread bears it out or not: the path that it has of itself tells.
  const module = shown.roots.get('runtime.firstmoduledata')?.address;
  const path = binary?.info.path;
  if (module === undefined || typeof path !== 'string' || !isPlugin(shown, module)) return undefined;
  const what =
    shown.partial === undefined ? 'nothing of that is shown' : 'what is shown was found without its variables';
  return `${moduleText({ path, program: elsewhere.module?.program })}: ${what}; name the program as the binary`;
}

/** A sentence for each runtime that another file of the image is proved to have. `open` finds the runtime of a target, if it has one. */
export function otherRuntimes(shown: Shown, open: (target: Target) => Runtime | undefined): readonly string[] {
  const ours = [...moduleChain(shown, shown.address('runtime.firstmoduledata')), shown.address('runtime.mheap_')];
  const isOurs = (place: OtherPlace) => ours.some((at) => at !== undefined && isIn(place, at));
  const others = shown.target.elsewhere.others().filter((place) => !isOurs(place));
  const told = others.slice(0, mostTried).flatMap((place) => {
    const there = tryOpen(place.seen(shown.target), open);
    return there?.check.ok && there.partial === undefined ? [sentence(place, there, shown)] : [];
  });
  const rest = others.length - mostTried;
  return rest > 0 ? [...told, `${rest} further mapped files are Go’s and were not searched for a runtime`] : told;
}

const isIn = ({ ranges }: Pick<OtherPlace, 'ranges'>, address: number): boolean =>
  ranges.some(({ start, end }) => address >= start && address < end);

function tryOpen<T>(target: Target, open: (target: Target) => T | undefined): T | undefined {
  try {
    return open(target);
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

function sentence({ path, ids }: OtherPlace, there: Runtime, shown: Shown): string {
  const { go } = there.target;
  const version = go ? `, ${go.version}${go.guessed ? ' (a guess)' : ''},` : '';
  const build = ids.go === undefined ? '' : ` (Go build ID ${ids.go})`;
  return `there is another Go runtime in this process${version} with a heap of its own, in ${path}${build}: ${whoseIsShown(shown, there)}; give that file as the binary to see it`;
}

/** Spans that were found without the file's mheap_, by their shape, are of whichever runtime has them. */
function whoseIsShown(shown: Shown, there: Runtime): string {
  if (shown.partial === undefined) return 'nothing of it is shown here';
  if (shown.allspans && shown.allspans.array === there.allspans?.array) return 'the spans shown here are its';
  return 'the spans shown here may be its';
}
