// The Go runtime in a target: chooses the layout that validates, finds the roots, and reads the span table when it is asked for.
import { InspectError } from '../bytes/errors.js';
import type { Memory } from '../image/memory.js';
import type { Layout } from '../layout/types.js';
import type { Target } from '../target/target.js';
import { otherExperiments } from './guess/inline-marks.js';
import { withGuess } from './guess/with-guess.js';
import { judgeSpans } from './judge-spans.js';
import { type Candidate, candidates, type LayoutOptions } from './layout-candidates.js';
import { type LiveSource, readLiveSpans, settleRow } from './live-spans.js';
import { cachedSpans } from './mcache.js';
import type { RuntimeView } from './mheap.js';
import { readFoundSpans, withoutHeap } from './partial-spans.js';
import { codeFinder } from './roots/code-finder.js';
import {
  type Finder,
  type FoundRoots,
  findRoots,
  type Refusal,
  type Root,
  type RootName,
  rootNames,
} from './roots/find.js';
import { recall, remember } from './roots/remembered.js';
import { type StackFinder, stackFinder } from './roots/stack-finder.js';
import { moduleFinder, structureFinder } from './roots/structure-finder.js';
import { readAllspans } from './roots/validate-mheap.js';
import {
  type OnProgress,
  readSpanTable,
  type SliceHeader,
  type SpanRows,
  type SpanTable,
  type VisitRows,
  visitSpans,
} from './span-table.js';

export interface LayoutCheck {
  /** In-use spans sampled, and those that fulfil the invariants. */
  readonly checked: number;
  readonly held: number;
  readonly ok: boolean;
  readonly why?: string;
}

export interface ProcessOptions extends LayoutOptions {
  /** The folder in which what was searched for is kept for the next image of the program; left out: nothing is. */
  readonly cache?: string;
}

export { dwarfBinaryOf, layoutOf } from './layout-candidates.js';

export interface GoProcess extends RuntimeView {
  /** As it was opened; where nothing tells the Go version, with the one that was guessed. */
  readonly target: Target;
  readonly roots: ReadonlyMap<RootName, Root>;
  /** What finders said of roots and was refused. */
  readonly refusals: readonly Refusal[];
  readonly check: LayoutCheck;
  readonly allspans: SliceHeader | undefined;
  readonly warnings: readonly string[];
  readonly trace: readonly string[];
  /** Why `spans()` has nothing. */
  readonly whyNoSpans: string | undefined;
  /** Where mheap_ can't be read and spans were found without it: how, and that there may be more. */
  readonly partial: string | undefined;
  /** The span table, read once; undefined where allspans can't be read. `onProgress` may throw to stop. */
  spans(onProgress?: OnProgress): SpanTable | undefined;
  /** To be called before a row's mspan and bitmaps are looked at: of a process that runs on, row and bitmaps are then of one moment. */
  settle(row: number): void;
  /**
   * Shows all rows to `visit`, not judged yet, and keeps only those that differ or that an mcache holds: these are returned, judged. Where the table
   * was read before, that is what is shown and returned. For sums over a heap that nobody looks at row by row.
   */
  visitSpans(visit: VisitRows, onProgress?: OnProgress): SpanRows | undefined;
}

interface Attempt {
  readonly layout: Layout;
  readonly found: FoundRoots;
  readonly ok: boolean;
}

/**
 * Finds the Go runtime in the target's image; undefined where nothing tells the Go version and no layout explains the image. Throws InspectError `no-layout` where nothing is known of this release, else gives what was found, with
 * `check.ok` false where no layout validated.
 */
export function openProcess(target: Target, options: ProcessOptions): GoProcess | undefined {
  try {
    const known = target.go ? target : withGuess(target, options);
    const chosen = known && chooseProcess(known, options);
    const marked = chosen && withMarksOfImage(chosen);
    return marked ? chooseProcess(marked, options) : chosen;
  } finally {
    // That the process is gone explains every other failure.
    target.live?.memory.assertThere();
  }
}

/** The target with the experiments that its spans show, where they contradict those that are known: a version given by hand, or an old string, says nothing of them. */
function withMarksOfImage({ target, memory, layout, check, address }: GoProcess): Target | undefined {
  const mheap = address('runtime.mheap_');
  const { go } = target;
  if (!go || !check.ok || mheap === undefined) return undefined;
  const experiments = otherExperiments({ memory, layout }, mheap);
  if (!experiments) return undefined;
  const named = (list: readonly string[]) => (list.length === 0 ? 'no GOEXPERIMENT' : `GOEXPERIMENT ${list.join(',')}`);
  const why = `the spans’ marks are kept as ${go.version} does with ${named(experiments)}, and ${go.source} says ${named(go.experiments)}: the image is believed`;
  return { ...target, go: { ...go, experiments }, warnings: [...target.warnings, why] };
}

function chooseProcess(target: Target, options: ProcessOptions): GoProcess | undefined {
  if (!target.go) return undefined;
  const stack = stacksOf(target);
  const finders = findersOf(target, options, stack);
  const trace: string[] = [];
  let best: Attempt | undefined;
  let failure: InspectError | undefined;
  let misfit: Attempt | undefined;
  for (const candidate of candidates(target, options, trace)) {
    try {
      // What a second layout says of an image whose heap it does not find is never used.
      const attempt = tryCandidate(target, candidate, finders, trace, options, best !== undefined);
      if (attempt && (attempt.ok || !best)) best = attempt;
      if (attempt?.found.mheap?.ok === false && attempt.layout.exact && attempt.layout.source === 'table')
        misfit ??= attempt;
      if (attempt?.ok) break;
    } catch (error) {
      // Damaged debug info must not end what another source can still tell.
      if (!(error instanceof InspectError)) throw error;
      trace.push(`layout: ${candidate.what}: ${error.subject}: ${error.why}`);
      failure = error;
    }
  }
  if (!best) {
    if (failure) throw failure;
    throw new InspectError(
      'no-layout',
      `${target.go.version} ${target.go.os}/${target.go.arch}`,
      'no layout table covers it and the binary has no DWARF',
      'spanscope layout list shows what there is',
    );
  }
  return makeProcess(target, best, trace, misfit, stack);
}

function tryCandidate(
  target: Target,
  { what, make, refuse }: Candidate,
  finders: readonly Finder[],
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
  const live = target.live?.moving ? { live: target.live.memory } : {};
  const cache = cacheFor(target, options);
  const known = cache && recall(cache.folder, cache.program, layout.name, rootNames);
  const found = findRoots({ memory: target.memory, layout, ...live }, finders, known, onlyProved);
  const ok = found.roots.get('runtime.mheap_')?.state === 'confirmed';
  const kept = ok && known ? remember(cache.folder, cache.program, layout.name, found.roots, known) : undefined;
  if (kept) trace.push(kept);
  const why = found.mheap ? found.mheap.why : 'mheap_ was not found';
  trace.push(`layout: ${layout.name}: ${why}${ok ? '' : ' (refused)'}`);
  return { layout, found, ok };
}

/** Where what is found is kept; undefined where nothing is searched for, because symbols or the user say it, or where the program is not known again. */
function cacheFor(target: Target, { cache, roots = {} }: ProcessOptions) {
  const { program } = target;
  if (cache === undefined || !program || Object.keys(roots).length > 0) return undefined;
  if (target.symbols(['runtime.mheap_']).size > 0 || target.binary?.info.hasDwarf) return undefined;
  return { folder: cache, program };
}

/** By the threads of `target`; what they tell of names is told by the module's function table. */
const stacksOf = ({ threads, dataRanges }: Target): StackFinder =>
  stackFinder(threads, dataRanges, moduleFinder(dataRanges));

/** The roots as a given layout finds them, whether it serves or not. */
export function rootsUnder(target: Target, layout: Layout, options: ProcessOptions): FoundRoots {
  const live = target.live?.moving ? { live: target.live.memory } : {};
  return findRoots({ memory: target.memory, layout, ...live }, findersOf(target, options, stacksOf(target)));
}

function findersOf(target: Target, options: ProcessOptions, stack: StackFinder): Finder[] {
  const overrides = options.roots ?? {};
  let symbols: ReadonlyMap<string, number> | undefined;
  const moduleOf = moduleFinder(target.dataRanges);
  return [
    { method: 'override', find: (name) => one(overrides[name]) },
    {
      method: 'symtab',
      find: (name) => {
        symbols ??= target.symbols(allNames);
        return one(symbols.get(name));
      },
    },
    { method: 'dwarf', find: (name) => one(target.dwarfVariable(name)) },
    structureFinder(target.dataRanges, moduleOf),
    codeFinder(moduleOf, target.dataRanges),
    stack,
  ];
}

const one = (address: number | undefined): readonly number[] => (address === undefined ? [] : [address]);

const allNames: readonly RootName[] = [
  'runtime.mheap_', 'runtime.firstmoduledata', 'runtime.memstats', 'runtime.work', 'runtime.gcController', 'runtime.gcphase', 'runtime.allgs', 'runtime.allp', 'runtime.allm',
]; // biome-ignore format: a list of names

/** `misfit`: the table of this very release, where it was refused: the image is then perhaps of another one. */
function makeProcess(
  target: Target,
  { layout, found, ok }: Attempt,
  trace: string[],
  misfit: Attempt | undefined,
  stack: StackFinder,
): GoProcess {
  const { roots, refusals, mheap } = found;
  const memory: Memory = target.memory;
  for (const root of roots.values()) {
    trace.push(
      `root ${root.name}: ${root.state}${root.method ? ` by ${root.method} at 0x${root.address?.toString(16)}` : ''}: ${root.detail}`,
    );
  }
  const warnings = refusals.map(
    ({ name, method, address, why }) => `${name}: ${method} says 0x${address.toString(16)}, which is not it: ${why}`,
  );
  const refused = new Set(refusals.map(({ name }) => name));
  // What is doubtful for want of anything to compare is used in a heap that is proved; what was contradicted, or stands beside no heap, never.
  const address = (name: RootName) => {
    const root = roots.get(name);
    return root?.state === 'confirmed' || (ok && !refused.has(name)) ? root?.address : undefined;
  };
  const partial =
    ok || target.live ? undefined : withoutHeap({ memory, layout, address }, stack, mheap?.why ?? 'it was not found');
  trace.push(...stack.story({ memory, layout }), ...(partial ? [`spans: ${partial.why}`] : []));
  if (!ok && !partial)
    warnings.unshift(
      mheap?.ok === false
        ? `the layout ${layout.name} does not fit this image: nothing is read of the heap with it`
        : `the layout ${layout.name} could not be checked on this image: ${mheap?.why ?? 'mheap_ was not found'}`,
    );
  else if (layout.source === 'inferred')
    warnings.unshift(
      `${target.go?.version ?? 'this release'} was not measured, and no table fits: numbers marked ~ are read by offsets that the image itself told (${layout.note})`,
    );
  else if (ok && !layout.exact && !target.go?.guessed)
    warnings.unshift(
      `${target.go?.version ?? 'this release'} was not measured: ${layout.name} is used, because it validates on this image`,
    );
  if (ok && misfit)
    warnings.unshift(
      `the layout ${misfit.layout.name} does not fit this image (${misfit.found.mheap?.why}): is it ${target.go?.version}? ${layout.name} fits and is used`,
    );
  const mheapAddress = ok ? address('runtime.mheap_') : undefined;
  const header = () => (mheapAddress === undefined ? undefined : readAllspans({ memory, layout }, mheapAddress));
  let allspans = header() ?? partial?.allspans;
  const why = mheap?.why ?? 'mheap_ was not found';
  let table: SpanTable | undefined;
  const moving = (): LiveSource | undefined =>
    target.live?.moving && mheapAddress !== undefined
      ? {
          memory: target.live.memory,
          layout,
          headerAddress: mheapAddress + (layout.field('mheap', 'allspans')?.offset ?? 0),
          header,
        }
      : undefined;
  const process: GoProcess = {
    target,
    memory,
    layout,
    roots,
    refusals,
    address,
    get allspans() {
      return allspans;
    },
    warnings,
    trace,
    check: {
      checked: partial?.checked ?? mheap?.checked ?? 0,
      held: partial?.held ?? mheap?.held ?? 0,
      ok: ok || partial !== undefined,
      ...((ok && mheap?.checked !== 0) || partial ? {} : { why }),
    },
    whyNoSpans: allspans || partial ? undefined : why,
    partial: partial?.why,
    spans(onProgress) {
      if (partial) table ??= readFoundSpans(process, partial, onProgress);
      if (table || !allspans) return table;
      const live = moving();
      const moment = live && readLiveSpans(live, onProgress);
      allspans = moment?.header ?? allspans;
      const read = moment?.table ?? readSpanTable(memory, layout, allspans, onProgress);
      // The Ps' caches decide about the rows that are left: as they are now.
      if (read.differing.length > 0) live?.memory.refresh();
      judgeSpans(process, read);
      target.live?.memory.assertThere();
      table = read;
      return table;
    },
    settle(row) {
      const live = moving();
      if (live && table && allspans) settleRow(live, { table, header: allspans }, row);
    },
    visitSpans(visit, onProgress) {
      // Rows that may have to be read again are kept.
      if (moving() || partial) process.spans(onProgress);
      if (table) visit(table);
      if (table || !allspans) return table;
      const { mayHold } = cachedSpans(process);
      const rows = visitSpans(memory, layout, allspans, visit, mayHold, onProgress);
      judgeSpans(process, rows);
      target.live?.memory.assertThere();
      return rows;
    },
  };
  return process;
}
