// What the inference of g, m, p and mcache starts from, made of a real image: mspans and code by the exact layout, threads by the core's notes.
// What inference says is then compared with the same exact layout.
import { openSource } from '../../src/bytes/open-source.js';
import { PageCache } from '../../src/bytes/page-cache.js';
import { readCore } from '../../src/elf/core.js';
import { ElfFile } from '../../src/elf/elf-file.js';
import { Pclntab, readPclntabHeader } from '../../src/gosym/pclntab.js';
import type { PacerScene } from '../../src/runtime/infer/infer-gc-controller.js';
import type { InferredStruct } from '../../src/runtime/infer/inference.js';
import type { Code, SchedulerScene } from '../../src/runtime/infer/scheduler-scene.js';
import type { GoProcess } from '../../src/runtime/process.js';

export function schedulerScene(process: GoProcess, core: string | undefined): SchedulerScene {
  const { target, memory, layout } = process;
  const table = process.spans();
  if (!table) throw new Error(`no span table: ${process.whyNoSpans}`);
  const spanclasses = new Map<number, number>();
  for (let i = 0; i < table.length; i += 1) spanclasses.set(table.addr[i]!, table.spanclass[i]!);
  const mheap = process.address('runtime.mheap_');
  const sweepgen = layout.field('mheap', 'sweepgen');
  const heapSweepgen = mheap !== undefined && sweepgen ? memory.uint32(mheap + sweepgen.offset) : undefined;
  return {
    memory,
    goarch: layout.goarch,
    data: target.dataRanges,
    code: codeOf(process),
    threadIds: core === undefined ? [] : threadIds(core),
    mspans: table.addr.slice(0, table.length),
    spanclassOf: (mspan) => spanclasses.get(mspan),
    spanClasses: 2 * layout.traits.sizeClasses.length,
    ...(heapSweepgen === undefined ? {} : { sweepgen: heapSweepgen }),
  };
}

/** What the spans of the exact layout add up to; undefined where gcController was not found. */
export function pacerScene({ memory, address, spans }: GoProcess): PacerScene | undefined {
  const controller = address('runtime.gcController');
  const table = spans();
  if (controller === undefined || !table) return undefined;
  let [heapInUseBytes, heapAllocBytes] = [0, 0];
  for (let i = 0; i < table.length; i += 1) {
    if (table.state[i] !== inUse) continue;
    heapInUseBytes += table.npages[i]! * pageBytes;
    heapAllocBytes += table.allocCount[i]! * table.elemsize[i]!;
  }
  return { memory, address: controller, heapInUseBytes, heapAllocBytes };
}

const inUse = 1;
const pageBytes = 8192;

function threadIds(core: string): number[] {
  const source = new PageCache().attach(openSource(core));
  try {
    return readCore(ElfFile.open(source)).threads.map(({ tid }) => tid);
  } finally {
    source.close();
  }
}

function codeOf({ memory, layout, address }: GoProcess): Code {
  const moduledata = address('runtime.firstmoduledata');
  const get = (path: string) => {
    const field = layout.field('moduledata', path);
    return moduledata === undefined || !field ? undefined : memory.word(moduledata + field.offset);
  };
  const [text, etext] = [get('text'), get('etext')];
  const at = get('pcHeader') ?? get('pclntable.array');
  if (text === undefined || etext === undefined) throw new Error('no text');
  const holds = (pc: number) => pc >= text && pc < etext;
  const header = at === undefined ? undefined : readPclntabHeader(memory, at);
  if (!header) return { holds };
  const table = new Pclntab(memory, header, text);
  return { holds, entryOf: (pc) => table.functionOf(pc)?.entry };
}

export interface Judged {
  readonly field: string;
  readonly verdict: 'right' | 'wrong' | 'absent';
  readonly confidence: number;
  readonly offset: number;
  readonly exact: number | undefined;
  readonly alternatives: readonly number[];
  readonly why: string;
}

/** Each inferred field beside the exact layout. `absent`: the exact layout has no such field. */
export function judge({ layout }: GoProcess, structs: readonly InferredStruct[]): Judged[] {
  return structs.flatMap(({ name, fields }) =>
    fields.map(({ name: field, offset, confidence, alternatives, why }) => {
      const exact = layout.field(name, field)?.offset;
      const verdict = exact === undefined ? 'absent' : exact === offset ? 'right' : 'wrong';
      return { field: `${name}.${field}`, verdict, confidence, offset, exact, alternatives, why } as const;
    }),
  );
}
