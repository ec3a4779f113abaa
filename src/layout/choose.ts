// Which measured build of a table serves a release: the exact one, two neighbours that agree, or the nearest with a note. The rules: layouts/README.md.
import type { RuntimeConstants } from './constants.js';
import {
  canonicalRelease,
  compareReleases,
  lineDistance,
  lineOf,
  parseRelease,
  type Release,
  requireRelease,
} from './release.js';
import { checkStruct, type Run } from './schema.js';
import { type Build, type LayoutTable, measuredStruct } from './table-lookup.js';

/** What is asked of a table. */
interface Wanted {
  readonly goVersion: string;
  readonly experiments: readonly string[];
  readonly without?: readonly string[];
}

/** The measured builds, plain ones first, each kind ascending; those of the lines in `without` left out. */
export function buildsOf({ table }: LayoutTable, without: readonly string[] = []): Build[] {
  const hidden = new Set(without.map((line) => lineOf(requireRelease(line))));
  const list = (releases: readonly string[], set: string): Build[] =>
    releases.map((goVersion, index) => ({ goVersion, release: requireRelease(goVersion), index, set }));
  return [
    ...list(table.releases, ''),
    ...Object.entries(table.variants).flatMap(([set, variant]) => list(variant.releases, set)),
  ].filter((build) => !hidden.has(lineOf(build.release)));
}

export interface Choice {
  readonly build: Build;
  readonly exact: boolean;
  /** Where the release stands between two that differ: in these structs. All others are exact. */
  readonly differing?: readonly string[];
  readonly notes: readonly string[];
  /** Undefined where the version could not be read. */
  readonly asked: Release | undefined;
}

/** Undefined where no release is left. */
export function chooseBuild(loaded: LayoutTable, request: Wanted, constants: RuntimeConstants): Choice | undefined {
  const all = buildsOf(loaded, request.without);
  const relevant = request.experiments.filter((name) => !constants.layoutNeutralExperiments.includes(name)).sort();
  const set = relevant.join(',');
  const plain = all.filter((build) => build.set === '');
  const withSet = set === '' ? plain : all.filter((build) => build.set === set);
  const asked = parseRelease(request.goVersion);
  if (asked === undefined) {
    const newest = plain.at(-1);
    return (
      newest && {
        build: newest,
        exact: false,
        asked,
        notes: [`the version ${request.goVersion} is not known: ${newest.goVersion} stands in`],
      }
    );
  }
  const line = withSet.filter((build) => lineOf(build.release) === lineOf(asked));
  const found = inLine(loaded, line, asked);
  if (found !== undefined) return { ...found, asked };
  const fallback =
    set === ''
      ? undefined
      : inLine(
          loaded,
          plain.filter((build) => lineOf(build.release) === lineOf(asked)),
          asked,
        );
  if (fallback !== undefined) {
    return {
      build: fallback.build,
      exact: false,
      asked,
      notes: [`no build with ${set} was measured: the plain one stands in`, ...fallback.notes],
    };
  }
  const nearest = nearestOf(withSet.length > 0 ? withSet : plain, asked);
  return (
    nearest && {
      build: nearest,
      exact: false,
      asked,
      notes: [`${lineOf(asked)} was not measured: ${nearest.goVersion} stands in`],
    }
  );
}

/** The choice within one line's measured builds, ascending. */
function inLine(loaded: LayoutTable, line: readonly Build[], asked: Release): Omit<Choice, 'asked'> | undefined {
  const same = line.find((build) => compareReleases(build.release, asked) === 0);
  if (same !== undefined && !asked.devel) return { build: same, exact: true, notes: [] };
  const before = line.filter((build) => compareReleases(build.release, asked) <= 0).at(-1);
  const after = line.find((build) => compareReleases(build.release, asked) > 0);
  const name = asked.devel ? `a development version of ${lineOf(asked)}` : canonicalRelease(asked);
  if (before === undefined || after === undefined || asked.devel) {
    const near = asked.devel ? line.at(-1) : (before ?? after);
    return near && { build: near, exact: false, notes: [`${name} was not measured: ${near.goVersion} stands in`] };
  }
  const differing = differingStructs(loaded, before, after);
  if (differing.length === 0) {
    return {
      build: before,
      exact: true,
      notes: [`${name} stands between ${before.goVersion} and ${after.goVersion}, which agree`],
    };
  }
  const shown = differing.slice(0, 5).join(', ');
  const nearer = asked.patch - before.release.patch <= after.release.patch - asked.patch ? before : after;
  return {
    build: nearer,
    exact: false,
    differing,
    notes: [
      `${name} stands between ${before.goVersion} and ${after.goVersion}, which differ in ${shown}${differing.length > 5 ? ', …' : ''}: ${nearer.goVersion} stands in`,
    ],
  };
}

function nearestOf(builds: readonly Build[], asked: Release): Build | undefined {
  let best: Build | undefined;
  for (const build of builds) {
    if (best === undefined) best = build;
    const nearer = lineDistance(build.release, asked) - lineDistance(best.release, asked);
    // Of one line: its newest for a newer release, its oldest for an older one.
    const closer =
      nearer < 0 ||
      (nearer === 0 && compareReleases(build.release, asked) < 0 && compareReleases(build.release, best.release) > 0);
    if (closer) best = build;
  }
  return best;
}

/**
 * Structs that two neighbouring builds both have and that are not the same; one that a linker dropped from one of them says nothing. Only structs
 * with a run that ends at the one or begins at the other can differ.
 */
function differingStructs(loaded: LayoutTable, a: Build, b: Build): string[] {
  const { table, file, text } = loaded;
  // Nearly always no run of the file has a border between the two, and its text says so.
  const marks = [`"${b.goVersion}..`, `"${b.goVersion} `, `..${a.goVersion} `, `"${a.goVersion} `];
  if (!marks.some((mark) => text.includes(mark))) return [];
  const parts = [table.structs, ...(table.variants[a.set] === undefined ? [] : [table.variants[a.set]?.structs ?? {}])];
  const candidates = new Set<string>();
  for (const structs of parts) {
    for (const name of Object.keys(structs)) {
      const { size, fields } = checkStruct(structs[name], file, `structs.${name}`);
      if (borders(size, a, b) || Object.values(fields).some((runs) => borders(runs, a, b))) candidates.add(name);
    }
  }
  return [...candidates].sort().filter((name) => {
    const inA = measuredStruct(loaded, a, name);
    const inB = measuredStruct(loaded, b, name);
    return inA !== undefined && inB !== undefined && JSON.stringify(inA) !== JSON.stringify(inB);
  });
}

function borders(runs: readonly Run[], a: Build, b: Build): boolean {
  return runs.some((run) => run.startsWith(b.goVersion) || run.slice(0, run.indexOf(' ')).endsWith(a.goVersion));
}
