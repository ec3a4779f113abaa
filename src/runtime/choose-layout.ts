// Tries layouts on an image, one after the other, until the roots that are found with one prove it.
import { InspectError } from '../bytes/errors.js';
import type { Layout } from '../layout/types.js';
import type { Target } from '../target/target.js';
import { type Candidate, candidates, type LayoutOptions } from './layout-candidates.js';
import { type FoundRoots, findRoots, type RootSearch, searchRoots } from './roots/find.js';
import { type Finders, findersOf } from './roots/finders.js';
import { rootNames } from './roots/names.js';
import { recall, remember } from './roots/remembered.js';
import type { Scene } from './roots/validate.js';

export interface ProcessOptions extends LayoutOptions {
  /** The folder in which what was searched for is kept for the next image of the program; left out: nothing is. */
  readonly cache?: string;
}

export interface Attempt {
  readonly layout: Layout;
  readonly scene: Scene;
  readonly search: RootSearch;
  /** Whether the spans and arenas prove the layout. */
  readonly ok: boolean;
}

export interface Choice {
  /** The first that is proved; where none is, the first that was tried. */
  readonly best: Attempt;
  /** The table of this very release, where it was refused: the image is then perhaps of another one. */
  readonly misfit: Attempt | undefined;
  readonly finders: Finders;
  /** What was tried, a line each. */
  readonly trace: string[];
}

/** Undefined where the Go version is not known. Throws InspectError `no-layout` where there is no layout at all. */
export function chooseLayout(target: Target, options: ProcessOptions): Choice | undefined {
  if (!target.go) return undefined;
  const finders = findersOf(target, options.roots ?? {});
  const trace: string[] = [];
  let best: Attempt | undefined;
  let failure: InspectError | undefined;
  let misfit: Attempt | undefined;
  for (const candidate of candidates(target, options, trace)) {
    try {
      // What a second layout says of an image whose heap it does not find is never used.
      const attempt = tryCandidate(target, candidate, finders, trace, options, best !== undefined);
      if (attempt && (attempt.ok || !best)) best = attempt;
      if (attempt?.search.needed.mheap?.ok === false && attempt.layout.exact && attempt.layout.source === 'table')
        misfit ??= attempt;
      if (attempt?.ok) break;
    } catch (error) {
      // Damaged debug info must not end what another source can still tell.
      if (!(error instanceof InspectError)) throw error;
      trace.push(`layout: ${candidate.what}: ${error.subject}: ${error.why}`);
      failure = error;
    }
  }
  if (best) return { best, misfit, finders, trace };
  if (failure) throw failure;
  throw noLayout(target, `${target.go.version} ${target.go.os}/${target.go.arch}`, options);
}

/** What was asked for is named, where that is it. */
function noLayout({ binary }: Target, release: string, { layout }: ProcessOptions): InspectError {
  const listed = 'spanscope layout list shows what there is';
  if (layout === 'dwarf')
    return new InspectError(
      'no-layout',
      binary?.info.path ?? 'the binary',
      'has no DWARF',
      `without --layout dwarf the table of ${release} is looked for`,
    );
  if (layout !== undefined) return new InspectError('no-layout', layout, `has no layout for ${release}`, listed);
  return new InspectError('no-layout', release, 'no layout table covers it and the binary has no DWARF', listed);
}

function tryCandidate(
  target: Target,
  { what, make, refuse }: Candidate,
  finders: Finders,
  trace: string[],
  options: ProcessOptions,
  onlyProved: boolean,
): Attempt | undefined {
  const layout = make();
  if (!layout) {
    trace.push(`layout: ${what}: has nothing for ${target.go?.version} ${target.go?.os}/${target.go?.arch}`);
    return undefined;
  }
  const against = refuse?.(layout);
  if (against !== undefined) {
    trace.push(`layout: ${layout.name}: not tried: ${against}`);
    return undefined;
  }
  const scene = sceneOf(target, layout);
  const cache = cacheFor(target, options);
  const known = cache && recall(cache.folder, cache.program, layout.name, rootNames);
  const search = searchRoots(scene, finders.ordered, known, onlyProved);
  const { mheap, roots } = search.needed;
  // Proved by its spans and arenas; whether the address is confirmed by another way is another question.
  const ok = mheap?.ok === true;
  const keep = (found: FoundRoots['roots']) => {
    const kept = ok && known ? remember(cache.folder, cache.program, layout.name, found, known) : undefined;
    if (kept) trace.push(kept);
  };
  keep(roots);
  trace.push(`layout: ${layout.name}: ${mheap ? mheap.why : 'mheap_ was not found'}${ok ? '' : ' (refused)'}`);
  let all: FoundRoots | undefined;
  return {
    layout,
    scene,
    ok,
    search: {
      needed: search.needed,
      all() {
        if (all) return all;
        all = search.all();
        keep(all.roots);
        return all;
      },
    },
  };
}

const sceneOf = ({ memory, live }: Target, layout: Layout): Scene => ({
  memory,
  layout,
  ...(live?.moving ? { live: live.memory } : {}),
});

/** Where what is found is kept; undefined where nothing is searched for, because symbols or the user say it, or where the program is not known again. */
export function cacheFor(target: Target, { cache, roots = {} }: ProcessOptions) {
  const { program } = target;
  if (cache === undefined || !program || Object.keys(roots).length > 0) return undefined;
  if (target.symbols(['runtime.mheap_']).size > 0 || target.binary?.info.hasDwarf) return undefined;
  return { folder: cache, program };
}

/** The roots as a given layout finds them, whether it serves or not. */
export const rootsUnder = (target: Target, layout: Layout, options: ProcessOptions): FoundRoots =>
  findRoots(sceneOf(target, layout), findersOf(target, options.roots ?? {}).ordered);
