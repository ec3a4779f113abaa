// Writes a small Go heap into memory for tests: mheap_, mspans with their bitmaps, Ps with mcaches, gs, ms and the counters, each field placed through a
// layout, so that any release, arch and byte order that has a layout can be written. What is not said is as a healthy runtime has it; holes and lies are a
// word each. Written from runtime/mheap.go and the layout tables, not from the readers.
import type { MemoryReader } from '../../src/image/memory-reader.js';
import { layoutFromTable } from '../../src/layout/load.js';
import type { Layout } from '../../src/layout/types.js';
import type { RuntimeView } from '../../src/runtime/mheap.js';
import type { FirstRootName, RootName } from '../../src/runtime/roots/find.js';
import type { Target } from '../../src/target/target.js';
import { writeCounters } from './heap-counters.js';
import { writeLists, writeMheap } from './heap-globals.js';
import { HeapImage } from './heap-image.js';
import { writeAllspans, writeSpans } from './heap-spans.js';
import { bases, type HeapSpec, type WrittenRoots, type WrittenSpan } from './heap-spec.js';

export { type HeapSpec, nowhere, type SpanSpec } from './heap-spec.js';

/** Go types of the globals; slices and pointers have no struct. */
const globalStructs = {
  'runtime.mheap_': 'mheap',
  'runtime.firstmoduledata': 'moduledata',
  'runtime.memstats': 'mstats',
  'runtime.work': 'workType',
  'runtime.gcController': 'gcControllerState',
} as const;

export interface WrittenHeap {
  readonly memory: MemoryReader;
  readonly layout: Layout;
  readonly roots: WrittenRoots;
  readonly spans: readonly WrittenSpan[];
  readonly view: RuntimeView;
  /** A target as `openTarget` gives it; by default its symbol table knows every root. */
  target(options?: TargetOptions): Target;
}

export interface TargetOptions {
  /** Addresses instead of the right ones; undefined: the symbol table does not have it. */
  readonly symbols?: Partial<Record<RootName, number | undefined>>;
  /** What the debug info says; nothing by default. */
  readonly dwarf?: Partial<Record<RootName, number>>;
}

export function writeHeap(spec: HeapSpec = {}): WrittenHeap {
  const { go = 'go1.24.0', arch = 'amd64', experiments = [], sweepgen = 20, gcphase = 0 } = spec;
  const layout = spec.layout ?? layoutFromTable({ goVersion: go, goarch: arch, experiments });
  if (layout === undefined) throw new Error(`no layout for ${go}/${arch}`);
  const image = new HeapImage(layout, spec.littleEndian ?? layout.littleEndian);
  const { pointerSize } = layout;
  const roots = takeGlobals(image);
  const spans = writeSpans(image, spec.spans ?? [{}], sweepgen);
  writeAllspans(image, spec, roots['runtime.mheap_'], spans);
  writeMheap(image, roots['runtime.mheap_'], spans, sweepgen);
  writeLists(image, spec, roots, spans);
  writeCounters(image, spec, roots, spans);
  image.write(roots['runtime.gcphase'], 4, gcphase);
  for (const [root, fields] of Object.entries(spec.lies ?? {}))
    image.setAll(globalStructs[root as keyof typeof globalStructs], roots[root as FirstRootName], fields);
  const memory = image.memory();
  const view: RuntimeView = { memory, layout, address: (root) => roots[root] };
  if (pointerSize !== memory.pointerSize) throw new Error('the layout has another word size');
  return {
    memory,
    layout,
    roots,
    spans: spans.map((span) => span.written),
    view,
    target: ({ symbols = {}, dwarf = {} } = {}) => ({
      memory,
      image: {
        kind: 'test',
        path: 'heap',
        bytes: 1,
        segments: memory.segments.length,
        missing: [],
        program: undefined,
      },
      live: undefined,
      binary: undefined,
      holder: undefined,
      elsewhere: { others: () => [], candidates: () => [], refusal: undefined, module: undefined, close: () => {} },
      dataRanges: [],
      variableRanges: [],
      moduleSection: undefined,
      goarch: layout.goarch,
      program: undefined,
      threads: () => [],
      footprint: () => undefined,
      residentAt: () => undefined,
      savedEnviron: undefined,
      matches: 'not checked',
      go: { version: go, experiments, os: 'linux', arch, source: 'test' },
      warnings: [],
      trace: [],
      symbols: (names) =>
        new Map(
          names.flatMap((name): [string, number][] => {
            const address = name in symbols ? symbols[name as RootName] : roots[name as RootName];
            return address === undefined ? [] : [[name, address]];
          }),
        ),
      symbolAt: () => undefined,
      auxv: new Map(),
      dwarf: () => undefined,
      dwarfVariable: (name) => dwarf[name as RootName],
      close: () => undefined,
    }),
  };
}

function takeGlobals(image: HeapImage): WrittenRoots {
  const { pointerSize } = image.layout;
  const take = (struct: string) =>
    image.take(bases[image.layout.pointerSize].globals, image.layout.struct(struct)?.size ?? 8);
  return {
    'runtime.mheap_': take('mheap'),
    'runtime.firstmoduledata': take('moduledata'),
    'runtime.memstats': take('mstats'),
    'runtime.work': take('workType'),
    'runtime.gcController': take('gcControllerState'),
    'runtime.gcphase': image.take(bases[image.layout.pointerSize].globals, 4),
    'runtime.allgs': image.take(bases[image.layout.pointerSize].globals, 3 * pointerSize),
    'runtime.allp': image.take(
      bases[image.layout.pointerSize].globals,
      (image.layout.traits.allpArrayLength || 3) * pointerSize,
    ),
    'runtime.allm': image.take(bases[image.layout.pointerSize].globals, pointerSize),
  };
}
