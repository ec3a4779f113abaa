// Which layouts are tried on an image, in order: the table of the very release; debug info; the nearest table. Whether one fits is for the caller to see.
import { type DwarfBinary, layoutFromDwarf } from '../layout/from-dwarf.js';
import { layoutFromTable } from '../layout/load.js';
import type { Layout } from '../layout/types.js';
import type { Target, TargetGo } from '../target/target.js';

export interface LayoutOptions {
  /** `dwarf`, or a table file. */
  readonly layout?: string;
  readonly without?: readonly string[];
}

/** A way to get a layout, tried in order until one validates on the image. */
export interface Candidate {
  readonly what: string;
  readonly make: () => Layout | undefined;
}

export function candidates(target: Target, options: LayoutOptions): Candidate[] {
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
  const table = asGuess(layoutFromTable(request), go);
  const fromTable: Candidate = { what: table ? table.name : 'tables', make: () => table };
  return table?.exact ? [fromTable, dwarf] : [dwarf, fromTable];
}

/** What serves a guess is exact for the release that was guessed, and nobody knows whether that is the image's. */
function asGuess(layout: Layout | undefined, { guessed, version }: TargetGo): Layout | undefined {
  return layout && guessed ? { ...layout, exact: false, note: `${version} is a guess` } : layout;
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
export function layoutOf(target: Target, options: LayoutOptions): Layout | undefined {
  for (const { make } of candidates(target, options)) {
    const layout = make();
    if (layout) return layout;
  }
  return undefined;
}
