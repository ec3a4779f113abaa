// Which Go release made a target in which nothing says so: the releases whose layout validates on the image, ranked by how well they explain it. What comes of it is a
// guess and says so.
import type { Memory } from '../../image/memory.js';
import type { AddressRange } from '../../image/scan-words.js';
import { loadConstants } from '../../layout/constants.js';
import { layoutsFolder, measuredLayouts } from '../../layout/load.js';
import { compareReleases, lineOf, requireRelease } from '../../layout/release.js';
import { type Evidence, weigh } from './evidence.js';
import { findSuspects } from './suspects.js';
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

/** Undefined where no layout of the arch validates on the image. */
export function guessGo(where: Where): GuessedGo | undefined {
  const ranked = rank(where);
  const best = ranked[0];
  if (!best) return undefined;
  const alike = ranked.filter((other) => score(best) - score(other) < margin);
  const line = lineNameOf(best);
  const releases = alike
    .filter((other) => lineNameOf(other) === line)
    .map(({ layout }) => layout.goVersion)
    .sort((a, b) => compareReleases(requireRelease(a), requireRelease(b)));
  const { held, broken } = best.tally;
  return {
    version: releases.at(-1)!,
    experiments: best.layout.experiments,
    seen: held + broken,
    held,
    equal: [...new Set(alike.map(lineNameOf))].filter((name) => name !== line),
    from: releases[0]!,
    to: releases.at(-1)!,
    trace: ranked.map(({ layout, tally }) => {
      const name = [layout.goVersion, ...layout.experiments].join('+');
      const against = tally.broken === 0 ? '' : `: ${tally.notes.slice(0, 2).join('; ')}`;
      return `guess: ${name} explains ${tally.held} of ${tally.held + tally.broken} observations${against}`;
    }),
  };
}

/** Every measured release that validates on the image, best first. */
function rank({ memory, ranges, goarch, without = [] }: Where): Evidence[] {
  const layouts = measuredLayouts({ goarch, without });
  const suspects = findSuspects(memory, ranges, layouts);
  const isMapped = mappedBy(memory.segments);
  const constants = loadConstants(layoutsFolder());
  return layouts
    .flatMap((layout) => weigh({ memory, layout, isMapped }, suspects, constants) ?? [])
    .sort((a, b) => score(b) - score(a));
}

const score = ({ tally }: Evidence) => tally.held - contradiction * tally.broken;

const lineNameOf = ({ layout }: Evidence) =>
  [lineOf(requireRelease(layout.goVersion)), ...layout.experiments].join('+');
