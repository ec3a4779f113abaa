// The Go runtime in a target: chooses the layout that validates, finds the roots, and reads the span table when it is asked for.
import type { Memory } from '../image/memory.js';
import type { Target, TargetGo } from '../target/target.js';
import { type Choice, cacheFor, chooseLayout, type ProcessOptions } from './choose-layout.js';
import { contradicts } from './guess/contradicted.js';
import { otherExperiments } from './guess/inline-marks.js';
import { recallGuess, rememberGuess } from './guess/remembered-guess.js';
import { withGuess } from './guess/with-guess.js';
import { judgeSpans } from './judge-spans.js';
import { type LiveSource, readLiveSpans, settleRow } from './live-spans.js';
import { cachedSpans } from './mcache.js';
import type { RuntimeView } from './mheap.js';
import { otherRuntimes, pluginWarning, programOfModule } from './other-runtimes.js';
import { readFoundSpans, withoutHeap } from './partial-spans.js';
import { type FoundRoots, findLaterRoots } from './roots/find.js';
import { tell } from './roots/finders.js';
import { isLater, isNamed, type Refusal, type Root, type RootName } from './roots/names.js';
import { fewHold, readAllspans } from './roots/validate-mheap.js';
import {
  type OnProgress,
  readSpanTable,
  type SliceHeader,
  type SpanRows,
  type SpanTable,
  type VisitRows,
  visitSpans,
} from './span-table.js';

export type { ProcessOptions } from './choose-layout.js';
export { dwarfBinaryOf, layoutOf } from './layout-candidates.js';

export interface LayoutCheck {
  /** In-use spans sampled, and those that fulfil the invariants. */
  readonly checked: number;
  readonly held: number;
  readonly ok: boolean;
  /** mheap_ is proved, and yet many spans do not hold: the heap is damaged, or these are not the program's offsets. */
  readonly doubtful?: boolean;
  readonly why?: string;
}

export interface GoProcess extends RuntimeView {
  /** As it was opened; where nothing tells the Go version, with the one that was guessed. */
  readonly target: Target;
  /** Those in `rootNames`: what was not looked for at opening is at the first call of this, of `refusals`, `warnings` or `trace`. */
  readonly roots: ReadonlyMap<RootName, Root>;
  /** All, the rest looked for at the first call: it adds to `refusals`, `warnings` and `trace`. */
  allRoots(): ReadonlyMap<RootName, Root>;
  /** What finders said of roots and was refused. */
  readonly refusals: readonly Refusal[];
  readonly check: LayoutCheck;
  /** Whether the table of this very release was refused. */
  readonly misfit: boolean;
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

/**
 * Finds the Go runtime in the target's image; undefined where nothing tells the Go version and no layout explains the image. Where no binary says which of the image's files it is in, and it is not where
 * it was taken to be, in the others. Throws InspectError `no-layout` where nothing is known of this release, else gives what was found, with `check.ok` false where no layout validated.
 */
export function openProcess(target: Target, options: ProcessOptions): GoProcess | undefined {
  try {
    const first = openHere(target, options);
    if (first && isWhole(first)) return first;
    const program = programOfModule(target, (there) => openHere(there, options));
    if (program) return program;
    for (const place of target.elsewhere.candidates()) {
      const there = openHere(place.seen(target), options);
      if (there && isWhole(there)) return there;
    }
    if (!first && target.elsewhere.refusal) throw target.elsewhere.refusal;
    return first;
  } finally {
    // That the process is gone explains every other failure.
    target.live?.memory.assertThere();
  }
}

const isWhole = ({ check, partial }: GoProcess) => check.ok && partial === undefined;

function openHere(target: Target, options: ProcessOptions): GoProcess | undefined {
  const chosen = target.go ? chooseProcess(target, options) : guessProcess(target, options);
  const marked = chosen && withMarksOfImage(chosen);
  const told = marked ? chooseProcess(marked, options) : chosen;
  return target.go?.byText ? (contraryTo(target.go, told, target, options) ?? told) : told;
}

/** By a guess, where the image contradicts what a string variable names and another line explains all of it. Of a running process every moment contradicts a little. */
function contraryTo(
  go: TargetGo,
  told: GoProcess | undefined,
  target: Target,
  options: ProcessOptions,
): GoProcess | undefined {
  if (!target.image || target.live || options.layout !== undefined) return undefined;
  const fits = told?.check.ok && !told.misfit;
  if (fits && !contradicts(told.memory, told.layout, told.address)) return undefined;
  const contrary = `the image contradicts ${go.version}, which ${go.source} names`;
  return guessProcess({ ...target, go: undefined, trace: [...target.trace, contrary] }, options, go.version);
}

/** With a release that is guessed, or known again by what an earlier image of the program ended with. `contrary`: only if it explains all of an image that contradicts this version. */
function guessProcess(target: Target, options: ProcessOptions, contrary?: string): GoProcess | undefined {
  const cache = cacheFor(target, options);
  const world = [target.goarch, ...(options.without ?? []).toSorted()].join(' ');
  const known = cache && recallGuess(cache.folder, cache.program, world);
  const guess = withGuess(target, { ...options, ...(contrary ? { contrary } : {}) }, known);
  if (contrary !== undefined && !guess?.holds) return undefined;
  const choice = guess && chooseLayout(guess.target, { ...options, explainsAll: guess.explainsAll });
  if (!choice) return undefined;
  if (choice.best.ok && cache && options.layout === undefined) {
    const kept = rememberGuess(cache.folder, cache.program, world, guess, known);
    if (kept) choice.trace.push(kept);
  }
  return makeProcess(guess.target, choice, options);
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
  const choice = chooseLayout(target, options);
  return choice && makeProcess(target, choice, options);
}

function makeProcess(
  target: Target,
  { best, misfit, finders, trace }: Choice,
  { cache, without }: ProcessOptions,
): GoProcess {
  const { layout, search, ok, scene } = best;
  const { mheap } = search.needed;
  const memory: Memory = target.memory;
  const warnings: string[] = [];
  const refusals: Refusal[] = [];
  const told = { trace, warnings, refusals };
  tell(search.needed, search.needed.roots.keys(), told);
  let toldOfStacks = 0;
  const tellOfStacks = () => {
    const story = finders.stack.story(scene);
    trace.push(...story.slice(toldOfStacks));
    toldOfStacks = story.length;
  };
  let first: FoundRoots | undefined;
  const firstRoots = (): FoundRoots => {
    if (first) return first;
    first = search.all();
    const { roots, refusals: all } = first;
    const rest = [...roots.keys()].filter((name) => !search.needed.roots.has(name));
    tell({ roots, refusals: all.slice(search.needed.refusals.length) }, rest, told);
    return first;
  };
  let all: ReadonlyMap<RootName, Root> | undefined;
  const allRoots = () => {
    if (all) return all;
    const later = findLaterRoots(scene, finders.ordered, firstRoots());
    tell(later, [...later.roots.keys()].filter(isLater), told);
    all = later.roots;
    tellOfStacks();
    return all;
  };
  // What is doubtful for want of anything to compare is used in a heap that is proved; what was contradicted, or stands beside no heap, never.
  const address = (name: RootName) => {
    const root = search.needed.roots.get(name) ?? (isLater(name) ? allRoots() : firstRoots().roots).get(name);
    const refused = root?.rival !== undefined || refusals.some((each) => each.name === name);
    return root?.state === 'confirmed' || (ok && !refused) ? root?.address : undefined;
  };
  const partial =
    ok || target.live
      ? undefined
      : withoutHeap({ memory, layout, address }, finders.stack, mheap?.why ?? 'it was not found');
  tellOfStacks();
  if (partial) trace.push(`spans: ${partial.why}`);
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
  // In a process that runs on, spans change while they are looked at.
  const doubtful = ok && mheap !== undefined && !target.live?.moving && fewHold(mheap);
  if (doubtful)
    warnings.unshift(
      `only ${mheap.held} of ${mheap.checked} sampled spans fulfil what ${layout.name} says of them: the heap is damaged, or these are not the program’s offsets`,
    );
  if (ok && misfit)
    warnings.unshift(
      `the layout ${misfit.layout.name} does not fit this image (${misfit.search.needed.mheap?.why}): is it ${target.go?.version}? ${layout.name} fits and is used`,
    );
  // The first m is in the list before the heap is set up, and stays (runtime/proc.go, schedinit).
  const unborn = !ok && refusals.find((each) => each.name === 'runtime.allm' && isNamed(each.method) && memory.word(each.address) === 0); // biome-ignore format: one line
  if (unborn)
    warnings.unshift(
      `allm is nil where ${unborn.method} says that it stands: the image was taken before the Go runtime had set itself up, or the names are those of another program`,
    );
  const mheapAddress = ok ? address('runtime.mheap_') : undefined;
  const header = () => (mheapAddress === undefined ? undefined : readAllspans({ memory, layout }, mheapAddress));
  let allspans = header() ?? partial?.allspans;
  const disputed = ok && mheapAddress === undefined ? search.needed.roots.get('runtime.mheap_')?.detail : undefined;
  const why = disputed ?? mheap?.why ?? 'mheap_ was not found';
  let table: SpanTable | undefined;
  let others: readonly string[] | undefined;
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
    get roots() {
      return firstRoots().roots;
    },
    allRoots,
    get refusals() {
      firstRoots();
      return refusals;
    },
    address,
    misfit: misfit !== undefined,
    get allspans() {
      return allspans;
    },
    get warnings() {
      firstRoots();
      others ??= otherRuntimes(process, (there) =>
        openHere(there, { ...(cache === undefined ? {} : { cache }), ...(without ? { without } : {}) }),
      );
      const ofPlugin = ok ? undefined : pluginWarning(process);
      return [...(ofPlugin === undefined ? warnings : [ofPlugin]), ...others];
    },
    get trace() {
      firstRoots();
      return trace;
    },
    check: {
      checked: partial?.checked ?? mheap?.checked ?? 0,
      held: partial?.held ?? mheap?.held ?? 0,
      ok: ok || partial !== undefined,
      ...(doubtful && { doubtful }),
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
