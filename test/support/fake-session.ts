// A session that answers from hand-written data in the shapes of the contract: for screens that need rare states, a million rows, or a delay.
import type { FieldValue, Finding, GcResult, OverviewResult, SpanDetail, SpanRow } from '../../src/analysis/results.js';
import type {
  LayoutDiffResult,
  LayoutListResult,
  LayoutShowResult,
  LayoutVerifyResult,
} from '../../src/layout/results.js';
import { type CallOptions, type SessionClient, SessionError } from '../../src/session/client.js';
import type { CallName, Calls, SpanQuery } from '../../src/session/protocol.js';

import {
  findData,
  findingsData,
  gcData,
  heapMapData,
  histogramData,
  memoryData,
  provenanceData,
} from './fake-answers.js';

import { type FakeGoroutines, goroutineAnswers } from './fake-goroutines.js';

export interface FakeOptions {
  readonly spans?: number;
  /** Rows that differ from the generated ones, by index. */
  readonly rows?: Readonly<Record<number, Partial<SpanRow>>>;
  readonly detail?: Partial<SpanDetail>;
  readonly overview?: Partial<OverviewResult>;
  readonly gc?: Partial<GcResult>;
  readonly findings?: readonly Finding[];
  readonly verify?: Partial<LayoutVerifyResult>;
  readonly opened?: Partial<Calls['openTarget']['result']>;
  readonly provenance?: Partial<Calls['provenance']['result']>;
  readonly layout?: Partial<LayoutShowResult>;
  readonly bytes?: { readonly hex: string; readonly fault: string | null };
  /** Calls that fail, with the reply. */
  readonly errors?: Partial<Record<CallName, { code: string; subject: string; why: string; hint?: string }>>;
  /** Calls that stay unanswered until they are cancelled; they report progress. */
  readonly stuck?: readonly CallName[];
  /** As `stuck`, but they report nothing. */
  readonly mute?: readonly CallName[];
  /** Calls that take as long as the test wants: see `answer` and `release`. They do not hear of being cancelled. */
  readonly held?: readonly CallName[];
  readonly goroutines?: FakeGoroutines;
  readonly delayMs?: number;
}

export interface FakeSession extends SessionClient {
  readonly calls: { readonly call: CallName; readonly params: unknown }[];
  readonly closed: () => boolean;
  /** Calls that are not answered yet. */
  readonly waiting: () => number;
  /** Answers the oldest held call of this name, once there is one. */
  answer(call: CallName): Promise<void>;
  /** Answers all held calls of this name, and from now on at once. */
  release(call: CallName): void;
}

/** Base of span `i`: 8 KiB apart, from 0xc000000000. */
export const baseOf = (i: number): string => `0x${(0xc000000000 + i * 8192).toString(16)}`;
export const addrOf = (i: number): string => `0x${(0x7f0000000000 + i * 160).toString(16)}`;

export function createFakeSession(options: FakeOptions = {}): FakeSession {
  const calls: { call: CallName; params: unknown }[] = [];
  const total = options.spans ?? 1000;
  let closed = false;
  let waiting = 0;
  const held = new Map(options.held?.map((call) => [call, heldCalls()]));
  const row = (i: number): SpanRow => ({
    addr: addrOf(i),
    base: baseOf(i),
    npages: 1,
    state: 'inuse',
    spanclass: 10 + (i % 2),
    sizeclass: 5,
    noscan: i % 2 === 1,
    elemsize: 48,
    nelems: 170,
    freeindex: 112,
    allocCount: 107,
    allocated: 107,
    sweepgen: 1626,
    limit: `0x${(0xc000000000 + i * 8192 + 8160).toString(16)}`,
    ...options.rows?.[i],
  });
  // `class=N` keeps every N-th row; anything else with an equals sign nothing; the rest everything.
  const step = (query: SpanQuery) => {
    const match = /class=(\d+)/.exec(query.filter);
    return match ? Number(match[1]) : query.filter.includes('=') ? 0 : 1;
  };
  const matching = (query: SpanQuery) => (step(query) === 0 ? 0 : Math.ceil(total / step(query)));
  const indexAt = (query: SpanQuery, position: number) => {
    const at = query.sort.descending ? matching(query) - 1 - position : position;
    return at * step(query);
  };
  const answers: { [K in CallName]: (params: Calls[K]['params']) => Calls[K]['result'] } = {
    openTarget: () => ({
      title: 'core.1234',
      goText: 'go1.22.5 linux/amd64',
      layoutText: 'table go1.22.5/amd64',
      rootsText: 'roots ✓',
      told: [],
      ...options.opened,
      hasImage: true,
      warnings: [],
    }),
    overview: () => ({ ...overviewData, ...options.overview }),
    gc: () => ({ ...gcData, ...options.gc }),
    findings: () => ({ findings: options.findings ?? findingsData, notRead: [] }),
    find: ({ address }) => findData(address, row(0)),
    memory: memoryData,
    heapMap: heapMapData,
    histogram: histogramData,
    provenance: () => ({ ...provenanceData, ...options.provenance }),
    spanWindow: ({ query, from, count }) => {
      if (query.filter.startsWith('nonsense'))
        throw new SessionError({
          code: 'unsupported',
          subject: `filter ${query.filter}`,
          why: 'is not understood',
          hint: 'like class=5',
        });
      const length = Math.max(0, Math.min(count, matching(query) - from));
      const indices = Array.from({ length }, (_, i) => indexAt(query, from + i));
      return { total, matching: matching(query), from, rows: indices.map(row), indices };
    },
    spanPosition: ({ query, address }) => {
      if (query.filter.startsWith('nonsense'))
        throw new SessionError({
          code: 'unsupported',
          subject: `filter ${query.filter}`,
          why: 'is not understood',
          hint: 'like class=5',
        });
      const value = Number(address);
      const index =
        value >= 0x7f0000000000 ? (value - 0x7f0000000000) / 160 : Math.floor((value - 0xc000000000) / 8192);
      if (!Number.isInteger(index) || index < 0 || index >= total) return { position: -1, row: null };
      if (step(query) === 0 || index % step(query) !== 0) return { position: -1, row: row(index) };
      const at = index / step(query);
      return { position: query.sort.descending ? matching(query) - 1 - at : at, row: row(index) };
    },
    span: ({ address }) => ({ ...detailData(row((Number(address) - 0x7f0000000000) / 160 || 0)), ...options.detail }),
    bytes: ({ address, length }) => ({
      address,
      hex: options.bytes?.hex ?? '41'.repeat(length),
      fault: options.bytes?.fault ?? null,
    }),
    ...goroutineAnswers(options.goroutines),
    layoutList: () => layoutListData,
    layoutShow: ({ name }) => ({
      ...layoutShowData,
      ...options.layout,
      goVersion: name === '' ? 'go1.22.5' : (name.split('/')[0] ?? ''),
    }),
    layoutDiff: ({ a, b }) => ({ ...layoutDiffData, a, b }),
    layoutVerify: () => ({ ...layoutVerifyData, ...options.verify }),
  };
  return {
    calls,
    closed: () => closed,
    waiting: () => waiting,
    answer: async (call) => held.get(call)?.next(),
    release(call) {
      held.get(call)?.end();
      held.delete(call);
    },
    async call<K extends CallName>(
      call: K,
      params: Calls[K]['params'],
      callOptions: CallOptions = {},
    ): Promise<Calls[K]['result']> {
      calls.push({ call, params });
      const error = options.errors?.[call];
      if (error) throw new SessionError({ hint: undefined, ...error });
      const stuck = options.stuck?.includes(call) === true;
      if (stuck || options.mute?.includes(call)) {
        if (stuck) callOptions.onProgress?.({ what: 'reading spans', done: 30, total: 100 });
        await new Promise<void>((resolve) => callOptions.signal?.addEventListener('abort', () => resolve()));
        throw new SessionError({ code: 'cancelled', subject: call, why: 'stopped', hint: undefined });
      }
      waiting += 1;
      await (held.get(call)?.wait() ?? new Promise((resolve) => setTimeout(resolve, options.delayMs ?? 0)));
      waiting -= 1;
      return answers[call](params);
    },
    async close() {
      closed = true;
    },
  };
}

/** Calls that wait for the test, and a test that waits for calls. */
function heldCalls() {
  const calls: (() => void)[] = [];
  const wanted: (() => void)[] = [];
  return {
    wait: () =>
      new Promise<void>((resolve) => {
        calls.push(resolve);
        wanted.shift()?.();
      }),
    async next() {
      if (calls.length === 0) await new Promise<void>((resolve) => wanted.push(resolve));
      calls.shift()?.();
    },
    end() {
      for (const answer of calls.splice(0)) answer();
    },
  };
}

const field = (offset: number, size: number, type: string, value: unknown): FieldValue => ({
  offset,
  size,
  type,
  value,
  source: 'table',
});

function detailData(row: SpanRow): SpanDetail {
  return {
    ...row,
    schemaVersion: 1,
    fields: {
      startAddr: field(24, 8, 'uintptr', row.base),
      npages: field(32, 8, 'uintptr', row.npages),
      freeindex: field(48, 2, 'uint16', row.freeindex),
      allocBits: field(64, 8, '*gcBits', '0x7f3a2c0450a8'),
      gcmarkBits: field(72, 8, '*gcBits', '0x7f3a2c0450c8'),
      sweepgen: field(88, 4, 'uint32', row.sweepgen),
      speciallock: field(128, 8, 'mutex', null),
    },
    slots: `${'a'.repeat(100)}${'A'.repeat(7)}${'f'.repeat(4)}!${'f'.repeat(57)}?`,
    slotSize: 48,
    allocBits: `${'ff'.repeat(13)}07${'00'.repeat(8)}`,
    gcmarkBits: `${'ff'.repeat(12)}0f${'00'.repeat(9)}`,
    markSource: 'gcmarkBits',
    reading: 'mark phase: marked so far',
    sweepState: 'swept',
  };
}

const overviewData: OverviewResult = {
  schemaVersion: 1,
  go: { version: 'go1.22.5', experiments: [], os: 'linux', arch: 'amd64', source: 'build info' },
  binary: { path: './server', goBuildId: 'a/b/c/d', gnuBuildId: null, matches: 'go' },
  image: { kind: 'ELF core', path: 'core.1234', bytes: 1_503_238_553, segments: 44, missing: [], missingTotal: 0 },
  footprint: null,
  roots: {
    'runtime.mheap_': { address: '0x552860', method: 'symtab', confirmedBy: ['structure'], state: 'confirmed' },
    'runtime.allgs': { state: 'absent', detail: 'no symbol' },
  },
  layout: {
    name: 'table go1.22.5/amd64',
    source: 'table',
    exact: true,
    validated: { checked: 64, held: 64, ok: true },
  },
  mheap: { address: '0x552860', sweepgen: 1626 },
  spans: {
    total: 53_315,
    inuse: 48_211,
    manual: 1204,
    free: 3900,
    unreadable: 0,
    unreadableEntries: 0,
    doubtful: 0,
    complete: true,
    heapInuseBytes: 1_524_713_390,
    stackInuseBytes: 9_863_168,
    heapObjects: 9_120_004,
    heapAllocBytes: 1_288_490_188,
    manualBytes: 10_000_000,
    freeSlotBytes: 236_223_202,
    suspect: { mismatch: 0, transient: 0, torn: 0 },
  },
  classes: [
    {
      spanclass: 55,
      sizeclass: 27,
      noscan: true,
      elemsize: 1024,
      spans: 9120,
      slots: 72_960,
      objects: 66_000,
      inuseBytes: 80_111_206,
      allocBytes: 76_000_000,
    },
    {
      spanclass: 10,
      sizeclass: 5,
      noscan: false,
      elemsize: 48,
      spans: 7004,
      slots: 1_190_680,
      objects: 750_128,
      inuseBytes: 57_376_768,
      allocBytes: 36_006_144,
    },
  ],
  gc: { phase: 'off', numGC: 812, gcPercent: 100, heapLive: 1_288_490_188, heapMarked: 869_730_877, lastGC: null },
  goroutines: null,
  reconciliation: [
    { what: 'HeapInuse', ours: 1_524_713_390, runtime: 1_524_713_390, counter: 'gcController.heapInUse', agrees: true },
    {
      what: 'HeapAlloc',
      ours: 1_288_490_188,
      runtime: 1_288_490_000,
      counter: 'memstats.heapStats',
      agrees: false,
      note: 'a few objects may differ',
    },
  ],
  findings: [
    {
      id: 'fragmentation',
      severity: 'medium',
      title: '31 % of class 5 is free slots',
      evidence: [],
      meaning: '',
      advice: '',
    },
  ],
  warnings: [],
};

const layoutListData: LayoutListResult = {
  schemaVersion: 1,
  layouts: [{ os: 'linux', arch: 'amd64', releases: ['go1.21.0', 'go1.22.0', 'go1.22.5'], structs: 2 }],
};
const layoutShowData: LayoutShowResult = {
  schemaVersion: 1,
  goVersion: 'go1.22.5',
  arch: 'amd64',
  experiments: [],
  pointerSize: 8,
  source: 'table go1.22.5/amd64',
  exact: true,
  structs: {
    mspan: {
      size: 160,
      fields: {
        startAddr: { offset: 24, size: 8, type: 'uintptr' },
        freeindex: { offset: 48, size: 2, type: 'uint16' },
        allocBits: { offset: 64, size: 8, type: '*gcBits' },
      },
    },
    mheap: { size: 90_000, fields: { lock: { offset: 0, size: 8, type: 'mutex' } } },
  },
};
const layoutDiffData: LayoutDiffResult = {
  schemaVersion: 1,
  a: '',
  b: '',
  arch: 'amd64',
  structs: {
    mspan: {
      size: { a: 168, b: 160 },
      added: [{ field: 'largeType', offset: 152, size: 8, type: '*_type' }],
      removed: [{ field: 'oldField', offset: 8, size: 8, type: 'uintptr' }],
      moved: [{ field: 'nelems', a: 56, b: 50 }],
      retyped: [{ field: 'freeindex', a: 'uintptr', b: 'uint16' }],
    },
  },
};
const layoutVerifyData: LayoutVerifyResult = {
  schemaVersion: 1,
  goVersion: 'go1.22.5',
  arch: 'amd64',
  experiments: [],
  table: 'table go1.22.5/amd64',
  exact: true,
  checked: 4,
  structsChecked: 2,
  mismatches: [],
  unknown: [],
};
