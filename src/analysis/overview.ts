// The first screen and `overview`: what was opened, how each root was found, heap totals, what the GC is at, and whether it reconciles.
import { standsIn, toldStructs } from '../layout/exact.js';
import type { Layout } from '../layout/types.js';
import { goroutineCounts } from '../runtime/goroutine-counts.js';
import { memstatsField } from '../runtime/heap-stats.js';
import { heapSweepgen, numberAt, type RuntimeView } from '../runtime/mheap.js';
import type { GoProcess } from '../runtime/process.js';
import { nameIn } from '../runtime/roots/finders.js';
import { allRootNames, rootNames } from '../runtime/roots/names.js';
import type { SpanTable } from '../runtime/span-table.js';
import type { Holder, Target } from '../target/target.js';
import { findingsOf } from './findings.js';
import { footprintResult } from './footprint.js';
import { exactAt, gcNumbers } from './gc-numbers.js';
import { addressText, bigCount } from './numbers.js';
import { reconcile } from './reconcile.js';
import type { LayoutInfo, MissingRange, OverviewResult, ProvenanceResult, RootResult, SpanTotals } from './results.js';
import { type SummedSpans, sumSpans } from './span-totals.js';

export const schemaVersion = 1;
/** Ranges listed in an overview; the rest is counted in `missingTotal`. */
const maxMissing = 64;

/** What an overview tells besides what everyone wants to see. */
interface OverviewDetail {
  /** Also the roots that are only looked for when somebody asks. */
  readonly everyRoot?: boolean;
}

/** `process` and `spans` (the whole table, or sums without it) are absent for a binary alone, or where the runtime could not be found in the image; `layout` is then what would serve. */
export function overviewOf(
  target: Target,
  process: GoProcess | undefined,
  spans: SpanTable | SummedSpans | undefined,
  layout?: Layout,
  { everyRoot = false }: OverviewDetail = {},
): OverviewResult {
  const { go, binary, image, holder } = target;
  const summed = process && spans && ('sums' in spans ? spans : { rows: spans, sums: sumSpans(process.layout, spans) });
  const table = summed?.rows;
  // Sums over nothing would be zeros, which is something else than unknown.
  const sums = summed && readAny(summed.sums.totals) ? summed.sums : undefined;
  return {
    schemaVersion,
    go: go ?? null,
    binary: binary ? { ...binary.info, matches: target.matches } : null,
    image: image
      ? {
          kind: image.kind,
          path: image.path,
          bytes: bigCount(image.bytes),
          segments: image.segments,
          missing: image.missing.slice(0, maxMissing).map(missingRange),
          missingTotal: image.missing.length,
          ...(holder ? { goFile: goFileOf(holder) } : {}),
        }
      : null,
    roots: rootsOf(target, process, layout, everyRoot),
    layout: layoutInfo(process, layout),
    mheap: process ? mheapOf(process) : null,
    spans: sums?.totals ?? null,
    classes: sums?.classes ?? [],
    gc: process ? gcOf(process) : null,
    footprint: footprintResult(target, process),
    goroutines: (process && goroutineCounts(process)) ?? null,
    reconciliation:
      process && table && sums && !table.partial ? reconcile(process, table, sums, target.live?.moving === true) : [],
    findings: process && summed ? findingsOf(process, summed) : [],
    warnings: [
      ...target.warnings,
      ...(process?.warnings ?? []),
      ...(image && !go ? [unknownGo] : []),
      ...(process && summed ? unreadWarnings(process, summed.sums.totals) : []),
    ],
  };
}

const goFileOf = ({ path, ids }: Holder) => ({
  path: path ?? null,
  goBuildId: ids.go ?? null,
  gnuBuildId: ids.gnu ?? null,
});

const unknownGo =
  'nothing tells the Go version, and no layout that is known explains this image: --go VERSION tells it';

/** What `--trace` tells, for a screen. */
export function provenanceOf(target: Target, process: GoProcess | undefined, layout?: Layout): ProvenanceResult {
  const roots = rootsOf(target, process, layout, true);
  return {
    lines: [...target.trace, ...(process?.trace ?? [])],
    roots,
    refusals: refusalsOf(process),
    layout: layoutInfo(process, layout),
    warnings: [...target.warnings, ...(process?.warnings ?? [])],
  };
}

function refusalsOf(process: GoProcess | undefined): ProvenanceResult['refusals'] {
  const found: Record<string, ProvenanceResult['refusals'][string]> = {};
  for (const { name, method, address, why } of process?.refusals ?? [])
    found[name] = [...(found[name] ?? []), { method, address: addressText(address), why }];
  return found;
}

const readAny = ({ total, unreadable, complete }: SpanTotals) => complete || total > unreadable;

/** What the totals do not count; empty where they count all. */
export function unreadWarnings({ allspans, partial }: GoProcess, totals: SpanTotals): string[] {
  const { unreadable, unreadableEntries, doubtful } = totals;
  if (totals.complete) return [];
  if (partial !== undefined) return [partial];
  const length = allspans?.length ?? totals.total + unreadableEntries;
  if (!readAny(totals)) return [`none of the ${length} mspans in allspans can be read: nothing is known of the heap`];
  return [
    `${unreadable + unreadableEntries + doubtful} of the ${length} mspans in allspans can't be read, or hold what can't be, and are not counted: the heap is at least what is shown`,
  ];
}

export function missingRange({ start, end, why }: { start: number; end: number; why: string }): MissingRange {
  return { start: addressText(start), end: addressText(end), why };
}

/** Without an image: what the symbol table says, at link-time addresses that nothing can be held against. */
function rootsOfBinary(
  { symbols }: Target,
  layout: Layout | undefined,
  everyRoot: boolean,
): Record<string, RootResult> {
  const names = everyRoot ? allRootNames : rootNames;
  const addresses = symbols(names.map((name) => nameIn(layout, name)));
  const detail = 'link-time address: there is no image to check it on';
  return Object.fromEntries(
    names.map((name): [string, RootResult] => {
      const address = addresses.get(nameIn(layout, name));
      if (address === undefined) return [name, { state: 'absent', detail: 'the binary has no symbol of that name' }];
      return [name, { address: addressText(address), method: 'symtab', confirmedBy: [], state: 'unconfirmed', detail }];
    }),
  );
}

function rootsOf(
  target: Target,
  process: GoProcess | undefined,
  layout: Layout | undefined,
  everyRoot: boolean,
): Record<string, RootResult> {
  if (!target.image) return rootsOfBinary(target, layout, everyRoot);
  const results: Record<string, RootResult> = {};
  const found = everyRoot ? process?.allRoots() : process?.roots;
  for (const name of everyRoot ? allRootNames : rootNames) {
    const root = found?.get(name);
    results[name] =
      root?.address === undefined || root.method === undefined
        ? { state: 'absent', ...(root ? { detail: root.detail } : {}) }
        : {
            address: addressText(root.address),
            method: root.method,
            confirmedBy: root.confirmedBy,
            state: root.state,
            detail: root.detail,
          };
  }
  return results;
}

function layoutInfo(process: GoProcess | undefined, chosen: Layout | undefined): LayoutInfo {
  if (!process) {
    const validated = { checked: 0, held: 0, ok: false, why: 'nothing to validate it on' };
    if (!chosen) return { name: 'none', source: 'none', exact: false, validated };
    return { ...named(chosen), validated };
  }
  const { layout, check } = process;
  const guessed = process.target.go?.guessed !== undefined;
  const standIn = guessed ? [] : ['gcControllerState', 'mstats'].filter((struct) => standsIn(layout, struct));
  return { ...named(layout), ...(standIn.length > 0 ? { standIn } : {}), validated: check };
}

function named(layout: Layout): Omit<LayoutInfo, 'validated'> {
  const { name, source, exact, note } = layout;
  const told = toldStructs(layout);
  return { name, source, exact, ...(note === undefined ? {} : { note }), ...(told.length > 0 ? { told } : {}) };
}

function mheapOf(process: GoProcess): Record<string, unknown> {
  const get = (path: string) => numberAt(process, 'runtime.mheap_', 'mheap', path);
  const address = process.address('runtime.mheap_');
  const allspans = process.allspans;
  return {
    address: address === undefined ? null : addressText(address),
    sweepgen: heapSweepgen(process) ?? null,
    pagesInUse: get('pagesInUse') ?? null,
    allspans: allspans
      ? { array: addressText(allspans.array), length: allspans.length, capacity: bigCount(allspans.capacity) }
      : null,
  };
}

function gcOf(view: RuntimeView): Record<string, unknown> {
  const percent = numberAt(view, 'runtime.gcController', 'gcControllerState', 'gcPercent');
  return {
    ...gcNumbers(view),
    pauseTotalNs: exactAt(view, memstatsField('pause_total_ns')),
    gcPercent: percent === undefined ? null : percent | 0,
  };
}
