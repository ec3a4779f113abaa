// The Go runtime in a target: chooses the layout that validates, finds the roots, and reads the span table when it is asked for.
import { InspectError } from '../bytes/errors.js';
import type { Memory } from '../image/memory.js';
import { type DwarfBinary, layoutFromDwarf } from '../layout/from-dwarf.js';
import { layoutFromTable } from '../layout/load.js';
import type { Layout } from '../layout/types.js';
import type { Target } from '../target/target.js';
import { judgeSpans } from './judge-spans.js';
import { type LiveSource, readLiveSpans, settleRow } from './live-spans.js';
import { cachedSpans } from './mcache.js';
import type { RuntimeView } from './mheap.js';
import { type Finder, type FoundRoots, findLaterRoots, findRoots, type Root, type RootName } from './roots/find.js';
import { findersOf, tell } from './roots/finders.js';
import { isLater } from './roots/names.js';
import type { Scene } from './roots/validate.js';
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

export interface ProcessOptions {
  /** `dwarf`, or a table file. */
  readonly layout?: string;
  readonly without?: readonly string[];
  /** Addresses by name (`runtime.mheap_`). */
  readonly roots?: Readonly<Record<string, number>>;
}

export interface GoProcess extends RuntimeView {
  readonly target: Target;
  /** Those that are found at once. */
  readonly roots: ReadonlyMap<RootName, Root>;
  /** All, the rest looked for at the first call: it adds to `warnings` and `trace`. */
  allRoots(): ReadonlyMap<RootName, Root>;
  readonly check: LayoutCheck;
  readonly allspans: SliceHeader | undefined;
  readonly warnings: readonly string[];
  readonly trace: readonly string[];
  /** Why `spans()` has nothing. */
  readonly whyNoSpans: string | undefined;
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

/** A way to get a layout, tried in order until one validates on the image. */
interface Candidate {
  readonly what: string;
  readonly make: () => Layout | undefined;
}

function candidates(target: Target, options: ProcessOptions): Candidate[] {
  const { go } = target;
  const request = go && {
    goVersion: go.version,
    goarch: go.arch,
    goos: go.os,
    experiments: go.experiments,
    ...(options.without ? { without: options.without } : {}),
  };
  const dwarf: Candidate = {
    what: 'DWARF',
    make: () => {
      const binary = dwarfBinaryOf(target);
      const opened = binary && target.dwarf();
      return opened && layoutFromDwarf(opened, binary);
    },
  };
  if (options.layout === 'dwarf') return [dwarf];
  if (options.layout !== undefined) {
    const file = options.layout;
    return [{ what: `layout file ${file}`, make: () => request && layoutFromTable({ ...request, file }) }];
  }
  if (!request) return [];
  const table = layoutFromTable(request);
  const fromTable: Candidate = { what: table ? table.name : 'tables', make: () => table };
  return table?.exact ? [fromTable, dwarf] : [dwarf, fromTable];
}

/** What is known of the target's Go, as the reader of its debug info needs it; undefined where the version is not known. */
export function dwarfBinaryOf({ go, binary, memory }: Target): DwarfBinary | undefined {
  if (!go) return undefined;
  const { pointerSize, littleEndian } = memory;
  const name = binary?.info.path ?? 'the binary';
  return {
    name,
    goVersion: go.version,
    goos: go.os,
    goarch: go.arch,
    experiments: go.experiments,
    pointerSize,
    littleEndian,
  };
}

/** The layout for a target without an image: nothing to validate it on. */
export function layoutOf(target: Target, options: ProcessOptions): Layout | undefined {
  for (const { make } of candidates(target, options)) {
    const layout = make();
    if (layout) return layout;
  }
  return undefined;
}

interface Attempt {
  readonly layout: Layout;
  readonly found: FoundRoots;
  readonly ok: boolean;
  readonly scene: Scene;
}

/**
 * Finds the Go runtime in the target's image. Throws InspectError `no-layout` where nothing is known of this release, else gives what was found, with
 * `check.ok` false where no layout validated.
 */
export function openProcess(target: Target, options: ProcessOptions): GoProcess | undefined {
  try {
    return chooseProcess(target, options);
  } finally {
    // That the process is gone explains every other failure.
    target.live?.memory.assertThere();
  }
}

function chooseProcess(target: Target, options: ProcessOptions): GoProcess | undefined {
  if (!target.go) return undefined;
  const finders = findersOf(target, options.roots ?? {});
  const trace: string[] = [];
  let best: Attempt | undefined;
  let failure: InspectError | undefined;
  let misfit: Attempt | undefined;
  for (const candidate of candidates(target, options)) {
    try {
      const attempt = tryCandidate(target, candidate, finders, trace);
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
  return makeProcess(target, best, finders, trace, misfit);
}

function tryCandidate(
  target: Target,
  { what, make }: Candidate,
  finders: readonly Finder[],
  trace: string[],
): Attempt | undefined {
  const layout = make();
  if (!layout) {
    trace.push(`layout: ${what}: has nothing for ${target.go?.version} ${target.go?.os}/${target.go?.arch}`);
    return undefined;
  }
  const scene = { memory: target.memory, layout, ...(target.live?.moving ? { live: target.live.memory } : {}) };
  const found = findRoots(scene, finders);
  // Proved by its spans and arenas; whether the address is confirmed by another way is another question.
  const ok = found.mheap?.ok === true;
  const why = found.mheap ? found.mheap.why : 'mheap_ was not found';
  trace.push(`layout: ${layout.name}: ${why}${ok ? '' : ' (refused)'}`);
  return { layout, found, ok, scene };
}

/** `misfit`: the table of this very release, where it was refused: the image is then perhaps of another one. */
function makeProcess(
  target: Target,
  { layout, found, ok, scene }: Attempt,
  finders: readonly Finder[],
  trace: string[],
  misfit: Attempt | undefined,
): GoProcess {
  const { roots, mheap } = found;
  const memory: Memory = target.memory;
  const warnings: string[] = [];
  const refused = new Set<RootName>();
  tell(found, roots.keys(), { trace, warnings, refused });
  if (!ok)
    warnings.unshift(
      mheap?.ok === false
        ? `the layout ${layout.name} does not fit this image: nothing is read of the heap with it`
        : `the layout ${layout.name} could not be checked on this image: ${mheap?.why ?? 'mheap_ was not found'}`,
    );
  else if (!layout.exact)
    warnings.unshift(
      `${target.go?.version ?? 'this release'} was not measured: ${layout.name} is used, because it validates on this image`,
    );
  if (ok && misfit)
    warnings.unshift(
      `the layout ${misfit.layout.name} does not fit this image (${misfit.found.mheap?.why}): is it ${target.go?.version}? ${layout.name} fits and is used`,
    );
  let all: ReadonlyMap<RootName, Root> | undefined;
  const allRoots = () => {
    if (all) return all;
    const later = findLaterRoots(scene, finders, found);
    tell(later, [...later.roots.keys()].filter(isLater), { trace, warnings, refused });
    all = later.roots;
    return all;
  };
  // What is doubtful for want of anything to compare is used in a heap that is proved; what was contradicted, or stands beside no heap, never.
  const address = (name: RootName) => {
    const root = (isLater(name) ? allRoots() : roots).get(name);
    return root?.state === 'confirmed' || (ok && !refused.has(name)) ? root?.address : undefined;
  };
  const mheapAddress = ok ? address('runtime.mheap_') : undefined;
  const header = () => (mheapAddress === undefined ? undefined : readAllspans({ memory, layout }, mheapAddress));
  let allspans = header();
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
    allRoots,
    address,
    get allspans() {
      return allspans;
    },
    warnings,
    trace,
    check: {
      checked: mheap?.checked ?? 0,
      held: mheap?.held ?? 0,
      ok,
      ...(ok && mheap?.checked !== 0 ? {} : { why }),
    },
    whyNoSpans: allspans ? undefined : why,
    spans(onProgress) {
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
      if (moving()) process.spans(onProgress);
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
