// Which layouts are tried on an image, in order: the table of the very release; debug info; tables of other releases, nearest first, where what the image itself tells of
// mspan and mheap does not speak against them; at last what it tells alone. Whether one fits is for the caller to see.
import { InspectError } from '../bytes/errors.js';
import type { DataModel } from '../image/memory.js';
import { type DwarfBinary, layoutFromDwarf } from '../layout/from-dwarf.js';
import { layoutFromTable, nearbyLayouts, type TableRequest } from '../layout/load.js';
import type { Layout } from '../layout/types.js';
import { withoutFields } from '../layout/without-fields.js';
import type { Target } from '../target/target.js';
import type { NotInferred } from './infer/infer-mspan.js';
import { type Inference, inferStructs } from './infer/infer-structs.js';
import {
  contradiction,
  heapStructs,
  inferredLayout,
  inferredName,
  sureFields,
  withTold,
} from './infer/inferred-layout.js';
import { findersOf } from './roots/finders.js';

export interface LayoutOptions {
  /** `dwarf`, or a table file. */
  readonly layout?: string;
  readonly without?: readonly string[];
  /** The release is only guessed, and nothing that the guess went by speaks against its table: it is tried before the image is asked what else may be. */
  readonly explainsAll?: boolean;
  /** Addresses by name (`runtime.mheap_`). */
  readonly roots?: Readonly<Record<string, number>>;
}

/** A way to get a layout, tried in order until one validates on the image. */
export interface Candidate {
  readonly what: string;
  readonly make: () => Layout | undefined;
  /** Why it is not even tried, by what the image tells; undefined where it may serve. */
  readonly refuse?: (layout: Layout) => string | undefined;
}

/** Structs that are told from the image, and by which tables are told apart. */
const told = ['mspan', 'mheap'];
/** Tables of other releases that are tried, beside the nearest. */
const mostNearby = 40;
/** The same where the image tells nothing that could rule them out beforehand. */
const mostUntold = 3;

export function* candidates(target: Target, options: LayoutOptions, trace: string[]): Generator<Candidate> {
  const dwarf = dwarfCandidate(target);
  const request = requestOf(target, options);
  if (options.layout === 'dwarf') {
    yield dwarf;
    return;
  }
  if (options.layout !== undefined) {
    const file = options.layout;
    // A file that is named is used, whatever releases it holds: `without` hides what comes along.
    const { without: _, ...asked } = options;
    const wanted = requestOf(target, asked);
    yield { what: `layout file ${file}`, make: () => wanted && layoutFromFile({ ...wanted, file }, target.memory) };
    return;
  }
  if (!request) return;
  const table = asGuess(layoutFromTable(request), target);
  const fromTable: Candidate = { what: table ? table.name : 'tables', make: () => table };
  // The release's own is not held against anything; neither is one that differs from it elsewhere.
  const own = table !== undefined && (table.exact || (table.differing !== undefined && !told.some((name) => table.differing?.includes(name)))); // biome-ignore format: one condition
  if (table?.exact) yield* [fromTable, dwarf];
  else if (own) yield* [dwarf, fromTable];
  else yield dwarf;
  if (!target.image) {
    if (!own) yield fromTable;
    return;
  }
  if (options.explainsAll) yield fromTable;
  // A release that was guessed has been held against g, m and p already.
  const inference = infer(target, request, options, target.go?.guessed !== undefined);
  if ('why' in inference) {
    trace.push(`inference: tells nothing of this image: ${inference.why}`);
    if (own) return;
    yield fromTable;
    yield* nearby(request, table, mostUntold);
    return;
  }
  trace.push(`inference: ${sureFields(inference.structs)} fields are sure`);
  const refuse = (layout: Layout) => contradiction(layout, heapStructs(inference.structs));
  const fitted = ({ what, make }: Candidate): Candidate => ({
    what,
    make: () => {
      const layout = make();
      return layout && withTold(layout, inference.structs);
    },
    refuse,
  });
  // The release's own table, refused though the image does not speak against it: then fields are not what is wrong, and no other table will do better. Refused
  // and spoken against: the image is perhaps of another release.
  if (own && table && refuse(table) === undefined) return;
  if (!own) yield fitted(fromTable);
  for (const candidate of nearby(request, table, mostNearby)) yield fitted(candidate);
  yield { what: inferredName, make: () => inferredLayout(inference, target.go?.version ?? request.goVersion) };
}

/** The layout of a file that the user names. Throws InspectError where it is of no use for this image. */
function layoutFromFile(request: TableRequest & { file: string }, { pointerSize, littleEndian }: DataModel): Layout {
  const layout = layoutFromTable(request);
  if (!layout) throw new InspectError('no-layout', request.file, `holds nothing for ${request.goVersion}`);
  const words = (bytes: number, little: boolean) => `${bytes * 8}-bit ${little ? 'little' : 'big'}-endian`;
  const [own, wanted] = [words(layout.pointerSize, layout.littleEndian), words(pointerSize, littleEndian)];
  if (own !== wanted) throw new InspectError('no-layout', request.file, `the table is ${own}, the binary ${wanted}`);
  return layout;
}

/** What serves a guess is exact for the release that was guessed, and nobody knows whether that is the image's. What may stand elsewhere in it is left out. */
function asGuess(layout: Layout | undefined, { go }: Target): Layout | undefined {
  if (!layout || !go?.guessed) return layout;
  const { unsure } = go.guessed;
  return { ...(unsure ? withoutFields(layout, unsure) : layout), exact: false, note: `${go.version} is a guess` };
}

/** Tables of other releases, at most so many; what differs from those before in nothing that is told is left out. */
function* nearby(request: TableRequest, beside: Layout | undefined, most: number): Generator<Candidate> {
  let left = most;
  for (const layout of nearbyLayouts(request, told, beside)) {
    if (left-- === 0) return;
    yield { what: layout.name, make: () => layout };
  }
}

/** What a table is asked for; undefined where the target's Go is not known. */
export function requestOf({ go }: Target, { without }: LayoutOptions): TableRequest | undefined {
  return (
    go && {
      goVersion: go.version,
      goarch: go.arch,
      goos: go.os,
      experiments: go.experiments,
      ...(without ? { without } : {}),
    }
  );
}

/** What the target's image tells of the runtime's structs. */
export function infer(
  target: Target,
  request: TableRequest,
  { roots }: LayoutOptions,
  onlyHeap = false,
): Inference | NotInferred {
  const { memory, dataRanges } = target;
  const name = 'runtime.mheap_';
  // Fields of one span that were read at different moments fulfil nothing, or what they should not.
  if (target.live?.moving) return { why: 'the process runs on while it is read (--stop holds it)' };
  return inferStructs({
    memory,
    ranges: dataRanges,
    request,
    symbol: roots?.[name] ?? target.symbols([name]).get(name),
    threadIds: target.threads().map(({ tid, live }) => live?.innerTid ?? tid),
    onlyHeap,
    byCode(near) {
      const finder = findersOf(target, {}).ordered.find(({ method }) => method === 'code');
      const [first, second] = finder?.find(name, { memory, layout: near }, () => undefined) ?? [];
      return second === undefined ? first : undefined;
    },
  });
}

function dwarfCandidate(target: Target): Candidate {
  return {
    what: 'DWARF',
    make: () => {
      const binary = dwarfBinaryOf(target);
      const opened = binary && target.dwarf();
      return opened && layoutFromDwarf(opened, binary);
    },
  };
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
  for (const { make } of candidates(target, options, [])) {
    const layout = make();
    if (layout) return layout;
  }
  return undefined;
}
