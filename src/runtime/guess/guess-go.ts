// Which Go release made a target in which nothing says so: the releases whose layout validates on the image, ranked by how well they explain it. What comes of it is a
// guess and says so.
import type { Memory } from '../../image/memory.js';
import type { AddressRange } from '../../image/scan-words.js';
import { loadConstants } from '../../layout/constants.js';
import { layoutsFolder, measuredLayouts } from '../../layout/load.js';
import { compareReleases, lineOf, requireRelease } from '../../layout/release.js';
import type { Layout } from '../../layout/types.js';
import { type Evidence, weigh } from './evidence.js';
import { type FieldNames, unsureFields, withMostNumbers } from './patches-told.js';
import { findSuspects } from './suspects.js';
import { withMostMs } from './threads-told.js';
import { mappedBy } from './type-checks.js';

export interface GuessedGo {
  /** The release whose layout explains the image best; of several of a line that are alike the newest. */
  readonly version: string;
  readonly experiments: readonly string[];
  /** Observations, and those of them that the layout explains. */
  readonly seen: number;
  readonly held: number;
  /** Release lines, with their experiments, that explain the image as well: `go1.22`. */
  readonly equal: readonly string[];
  /** Releases of its own line that do: first and last. */
  readonly from: string;
  readonly to: string;
  /** Fields that stand elsewhere in a patch of its line which explains the image as well. */
  readonly unsure: FieldNames;
  /** All that may be it: its own line, and those in `equal`. */
  readonly lines: readonly string[];
  /** How each release that validates does, best first: for `--trace`. */
  readonly trace: readonly string[];
}

interface Where {
  readonly memory: Memory;
  readonly ranges: readonly AddressRange[];
  readonly goarch: string;
  readonly without?: readonly string[];
}

/** What fits by chance is worth less than two numbers that the runtime derives from its own structs. */
const margin = 16;
/** What a contradiction weighs against what fits: most of a wrong layout fits too. */
const contradiction = 4;

/**
 * Undefined where no layout of the arch validates on the image. `lines`: what may be all that is to be asked (an earlier image of the program ended there); undefined also where another line does
 * better than these, by its last release.
 */
export function guessGo(where: Where, lines?: readonly string[]): GuessedGo | undefined {
  const ranked = rank(where, lines);
  const best = ranked[0];
  if (!best || (lines && !lines.includes(lineNameOf(best)))) return undefined;
  const alike = ranked.filter((other) => score(best) - score(other) < margin);
  const line = lineNameOf(best);
  const own = alike.filter((other) => lineNameOf(other) === line);
  const patches = [...withMostNumbers(where, withMostMs(where, own))].sort((a, b) =>
    compareReleases(requireRelease(a.layout.goVersion), requireRelease(b.layout.goVersion)),
  );
  const releases = patches.map(({ layout }) => layout.goVersion);
  const unsure = unsureFields(where, patches.at(-1)!, patches.slice(0, -1));
  const { held, broken } = best.tally;
  const equal = [...new Set(alike.map(lineNameOf))].filter((name) => name !== line);
  return {
    version: releases.at(-1)!,
    experiments: best.layout.experiments,
    seen: held + broken,
    held,
    equal,
    unsure,
    lines: [line, ...equal],
    from: releases[0]!,
    to: releases.at(-1)!,
    trace: [...ranked.map(storyOf), ...storyOfPatches(releases, own.length, unsure)],
  };
}

function storyOf({ layout, tally }: Evidence): string {
  const name = [layout.goVersion, ...layout.experiments].join('+');
  const against = tally.broken === 0 ? '' : `: ${tally.notes.slice(0, 2).join('; ')}`;
  return `guess: ${name} explains ${tally.held} of ${tally.held + tally.broken} observations${against}`;
}

/** What told patches of the line apart that explain as much, and what nothing tells of those that are left. */
function storyOfPatches(releases: readonly string[], before: number, unsure: FieldNames): string[] {
  const told = releases.length < before ? [`guess: of ${before} patches that explain as much, the list of m's and numbers that must agree leave ${releases.join(', ')}`] : []; // biome-ignore format: one line
  const fields = Object.entries(unsure).flatMap(([struct, names]) => names.map((name) => `${struct}.${name}`));
  return fields.length === 0
    ? told
    : [...told, `guess: not read, since ${releases.join(', ')} have them at different places: ${fields.join(', ')}`];
}

/** Every measured release that validates on the image, best first; or of `lines` every one, and of each other line its last. */
function rank({ memory, ranges, goarch, without = [] }: Where, lines: readonly string[] | undefined): Evidence[] {
  const all = measuredLayouts({ goarch, without });
  const layouts = lines ? ofLines(all, lines) : all;
  const suspects = findSuspects(memory, ranges, layouts);
  const isMapped = mappedBy(memory.segments);
  const constants = loadConstants(layoutsFolder());
  return layouts
    .flatMap((layout) => weigh({ memory, layout, isMapped }, suspects, constants) ?? [])
    .sort((a, b) => score(b) - score(a));
}

const score = ({ tally }: Evidence) => tally.held - contradiction * tally.broken;

function ofLines(all: readonly Layout[], lines: readonly string[]): Layout[] {
  const last = new Map<string, Layout>();
  for (const layout of all) {
    const name = lineNameOf({ layout });
    const before = last.get(name);
    const isLater = !before || compareReleases(requireRelease(before.goVersion), requireRelease(layout.goVersion)) < 0;
    if (isLater) last.set(name, layout);
  }
  return all.filter((layout) => lines.includes(lineNameOf({ layout })) || last.get(lineNameOf({ layout })) === layout);
}

const lineNameOf = ({ layout }: Pick<Evidence, 'layout'>) =>
  [lineOf(requireRelease(layout.goVersion)), ...layout.experiments].join('+');
