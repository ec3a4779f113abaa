// layouts/traits.json: what differs in meaning between releases, by the release since which it holds. The data stands in the file; here it is
// checked and one release's column taken.
import { join } from 'node:path';
import { readJson, type Since, sinceAt } from './constants.js';
import { hasChange, type Release, requireRelease } from './release.js';
import { fail, object } from './schema.js';
import type { ArenaGeometry, CallFrame, InlineMarks, TracebackTraits, Traits } from './types.js';

/** What traits depend on. */
interface TraitsKey {
  readonly goVersion: string;
  readonly goos: string;
  readonly goarch: string;
  readonly pointerSize: 4 | 8;
  readonly experiments: readonly string[];
}

export interface TraitsTable {
  at(key: TraitsKey): Traits;
  /** Slot sizes by class, in every form that a release had. */
  readonly sizeTables: readonly (readonly number[])[];
}

/** A feature that came with an experiment: on by default since `default`, and whenever the experiment `on` is named, off with `off`. */
interface Switch {
  readonly available: string;
  readonly default: string | null;
  readonly on: string;
  readonly off: string;
}

interface ArenaRule {
  readonly since?: string;
  readonly goos?: readonly string[];
  readonly goarch?: readonly string[];
  readonly pointerSize?: number;
  readonly geometry: ArenaGeometry;
}

/** The file, checked by `checkFile`. */
interface TraitsFile {
  readonly pageSize: number;
  readonly spanStates: Since<Traits['spanStates']>;
  readonly sizeClasses: Since<readonly number[]>;
  readonly mcentral: Since<Traits['mcentral']>;
  readonly cachedSweepgen: Since<boolean>;
  readonly variableNames: Readonly<Record<string, Since<string>>>;
  readonly allpArrayLength: Since<number>;
  readonly heapGoal: Since<Traits['heapGoal']>;
  readonly limitHeadroomPercent: Since<number>;
  readonly minLC: Since<Readonly<Record<string, number>>>;
  readonly inlineTables: Since<Traits['inlineTables']>;
  readonly funcdata: Since<Traits['funcdata']>;
  readonly pauseSubBits: Since<number>;
  readonly mallocSize: Since<Traits['mallocSize']>;
  readonly exactBelow: Since<Traits['exactBelow']>;
  readonly traceback: { readonly [K in keyof TracebackTraits]: Since<TracebackTraits[K]> };
  readonly argumentTables: Since<Exclude<Traits['argumentTables'], undefined> | null>;
  readonly callFrames: Readonly<Record<string, CallFrame>>;
  readonly heapBitsInSpan: { readonly switch: Switch; readonly maxElemsize: Readonly<Record<string, number>> };
  readonly inlineMarks: { readonly switch: Switch; readonly byPointerSize: Readonly<Record<string, InlineMarks>> };
  readonly arenas: readonly ArenaRule[];
  readonly addressTypes: readonly string[];
  readonly addressFields: Readonly<Record<string, readonly string[]>>;
}

const kept = new Map<string, TraitsTable>();

/** Reads layouts/traits.json once. Throws InspectError `malformed`. */
export function loadTraits(folder: string): TraitsTable {
  const known = kept.get(folder);
  if (known !== undefined) return known;
  const path = join(folder, 'traits.json');
  const file = checkFile(readJson(path), path);
  const table: TraitsTable = {
    sizeTables: file.sizeClasses.map(([, sizes]) => sizes),
    at(key) {
      const release = requireRelease(key.goVersion);
      // null is a value: there is none.
      const pick = <T>(list: Since<T>): T => {
        const found = sinceAt(list, release);
        return found === undefined ? list[0]![1] : found;
      };
      const word = String(key.pointerSize);
      const heapBitsInSpan = isOn(file.heapBitsInSpan.switch, release, key.experiments);
      const inlineMarks = isOn(file.inlineMarks.switch, release, key.experiments)
        ? file.inlineMarks.byPointerSize[word]
        : undefined;
      return {
        spanStates: pick(file.spanStates),
        sizeClasses: pick(file.sizeClasses),
        pageSize: file.pageSize,
        heapBitsInSpan,
        heapBitsMaxElemsize: heapBitsInSpan ? (file.heapBitsInSpan.maxElemsize[word] ?? 0) : 0,
        inlineMarks,
        inlineMarksSwitch: otherWay(file.inlineMarks, word, release, inlineMarks !== undefined),
        mcentral: pick(file.mcentral),
        cachedSweepgen: pick(file.cachedSweepgen),
        variableNames: Object.fromEntries(Object.entries(file.variableNames).map(([name, list]) => [name, pick(list)])),
        allpArrayLength: pick(file.allpArrayLength),
        heapGoal: pick(file.heapGoal),
        limitHeadroomPercent: pick(file.limitHeadroomPercent),
        minLC: pick(file.minLC)[key.goarch] ?? pick(file.minLC).others ?? fail(path, 'minLC', 'has nothing for others'),
        inlineTables: pick(file.inlineTables),
        funcdata: pick(file.funcdata),
        pauseSubBits: pick(file.pauseSubBits),
        mallocSize: pick(file.mallocSize),
        exactBelow: pick(file.exactBelow),
        traceback: {
          elision: pick(file.traceback.elision),
          exported: pick(file.traceback.exported),
          typeLists: pick(file.traceback.typeLists),
          inlined: pick(file.traceback.inlined),
          wrappers: pick(file.traceback.wrappers),
          arguments: pick(file.traceback.arguments),
          durable: pick(file.traceback.durable),
          labels: pick(file.traceback.labels),
        },
        argumentTables: pick(file.argumentTables) ?? undefined,
        callFrame: file.callFrames[key.goarch] ?? fail(path, 'callFrames', `has nothing for ${key.goarch}`),
        arena: arenaOf(file, key, release) ?? fail(path, 'arenas', `has no rule for ${key.goos}/${key.goarch}`),
        addressTypes: file.addressTypes,
        addressFields: file.addressFields,
      };
    },
  };
  kept.set(folder, table);
  return table;
}

function isOn(feature: Switch, release: Release, experiments: readonly string[]): boolean {
  if (!hasChange(release, requireRelease(feature.available))) return false;
  if (experiments.includes(feature.off)) return false;
  return (
    experiments.includes(feature.on) ||
    (feature.default !== null && hasChange(release, requireRelease(feature.default)))
  );
}

function otherWay(
  { switch: feature, byPointerSize }: TraitsFile['inlineMarks'],
  word: string,
  release: Release,
  now: boolean,
): Traits['inlineMarksSwitch'] {
  const { available, on, off } = feature;
  if (!hasChange(release, requireRelease(available))) return undefined;
  const add = isOn(feature, release, []) === now ? (now ? off : on) : undefined;
  return { drop: [on, off], add, marks: now ? undefined : byPointerSize[word] };
}

/** The last rule that fits. */
function arenaOf(file: TraitsFile, key: TraitsKey, release: Release): ArenaGeometry | undefined {
  return file.arenas.findLast(
    (rule) =>
      (rule.since === undefined || hasChange(release, requireRelease(rule.since))) &&
      (rule.goos === undefined || rule.goos.includes(key.goos)) &&
      (rule.goarch === undefined || rule.goarch.includes(key.goarch)) &&
      (rule.pointerSize === undefined || rule.pointerSize === key.pointerSize),
  )?.geometry;
}

/** Shapes only: the file ships with the program, and a test compares its values with Go's sources. */
function checkFile(value: Readonly<Record<string, unknown>>, path: string): TraitsFile {
  for (const name of [
    'spanStates',
    'sizeClasses',
    'mcentral',
    'cachedSweepgen',
    'allpArrayLength',
    'heapGoal',
    'limitHeadroomPercent',
    'minLC',
    'inlineTables',
    'funcdata',
    'pauseSubBits',
    'mallocSize',
    'exactBelow',
    'argumentTables',
    'arenas',
    'addressTypes',
  ]) {
    checkList(value[name], path, name);
  }
  const traceback = object(value.traceback, path, 'traceback');
  for (const name of ['elision', 'exported', 'typeLists', 'inlined', 'wrappers', 'arguments', 'durable', 'labels'])
    checkList(traceback[name], path, `traceback.${name}`);
  if (typeof value.pageSize !== 'number') fail(path, 'pageSize', 'is no number');
  object(value.addressFields, path, 'addressFields');
  object(value.variableNames, path, 'variableNames');
  object(value.callFrames, path, 'callFrames');
  for (const name of ['heapBitsInSpan', 'inlineMarks'])
    object(object(value[name], path, name).switch, path, `${name}.switch`);
  return value as unknown as TraitsFile;
}

function checkList(list: unknown, path: string, name: string): void {
  if (!Array.isArray(list) || list.length === 0 || list.length > 100) fail(path, name, 'is no list');
}
