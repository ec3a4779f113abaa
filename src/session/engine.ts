// The engine behind the messages: holds one opened target and answers questions about it. Knows nothing of threads or terminals.

import { createFinder, type Finder } from '../analysis/find.js';
import { findingsOf } from '../analysis/findings.js';
import { gcOf } from '../analysis/gc.js';
import { heapMapOf } from '../analysis/heap-map.js';
import { histogramOf } from '../analysis/histogram.js';
import { memoryOf } from '../analysis/memory.js';
import { addressText } from '../analysis/numbers.js';
import { overviewOf, provenanceOf, unreadWarnings } from '../analysis/overview.js';
import { filterRows, findRow, sortRows } from '../analysis/query.js';
import { parseFilter } from '../analysis/query-text.js';
import type { SpanWindow } from '../analysis/results.js';
import { spanDetail } from '../analysis/span-detail.js';
import { spanRow } from '../analysis/span-rows.js';
import { sumSpans } from '../analysis/span-totals.js';
import { InspectError } from '../bytes/errors.js';
import { diffLayouts } from '../layout/diff.js';
import { toldStructs } from '../layout/exact.js';
import { listLayouts, showLayout, showOf } from '../layout/show.js';
import { layoutName, rootsText } from '../output/format.js';
import { hexOf } from '../runtime/bitmap.js';
import { type GoProcess, layoutOf, openProcess } from '../runtime/process.js';
import type { OnProgress, SpanTable } from '../runtime/span-table.js';
import { verifyTarget } from '../runtime/verify/verify-layout.js';
import { openTarget } from '../target/open.js';
import type { Target } from '../target/target.js';
import { goroutineAnswers, Scheduling } from './goroutine-answers.js';
import { parseAddress } from './parse-address.js';
import type { CallName, Calls, OpenedResult, OpenOptions, OpenRequest, SpanQuery } from './protocol.js';

/** Bytes that one `bytes` call may ask for. */
const maxBytes = 1 << 20;
/** Rows in one window. */
const maxWindow = 2000;
/** Sorted and filtered row lists kept: the present one, and what one goes back to. */
const keptQueries = 4;

type Handler<K extends CallName> = (params: Calls[K]['params'], onProgress: OnProgress) => Calls[K]['result'];
type Handlers = { readonly [K in CallName]: Handler<K> };

export interface Engine {
  call<K extends CallName>(name: K, params: Calls[K]['params'], onProgress: OnProgress): Calls[K]['result'];
  close(): void;
}

interface State {
  readonly target: Target;
  readonly process: GoProcess | undefined;
  readonly options: OpenOptions;
  readonly queries: Map<string, Uint32Array>;
  finder?: Finder;
  scheduling?: Scheduling;
}

export function createEngine(): Engine {
  let state: State | undefined;
  const opened = (): State => {
    if (!state) throw new InspectError('no-image', 'session', 'nothing is open');
    return state;
  };
  const handlers: Handlers = {
    openTarget: (request, onProgress) => {
      state?.target.close();
      state = undefined;
      state = openState(request);
      // A process that was held for us is let go as soon as the span table and what its threads do are taken: a screen is looked at for long.
      if (state.target.live && !state.target.live.moving) {
        state.process?.spans(onProgress);
        if (state.process) {
          state.scheduling = new Scheduling(state.process);
          state.scheduling.threads;
        }
        state.target.live.release();
      }
      return openedResult(state);
    },
    overview: (_, onProgress) => {
      const { target, process, options } = opened();
      return overviewOf(target, process, process?.spans(onProgress), process ? undefined : layoutOf(target, options));
    },
    spanWindow: ({ query, from, count }, onProgress) => spanWindow(opened(), query, from, count, onProgress),
    spanPosition: ({ query, address }, onProgress) => spanPosition(opened(), query, address, onProgress),
    span: ({ address }, onProgress) => {
      const { process, table } = needTable(opened(), onProgress);
      const row = findRow(table, parseAddress(address), process.layout.traits.pageSize);
      if (row < 0) throw new InspectError('address-not-found', address, 'belongs to no span and is no mspan');
      return spanDetail(process, table, row);
    },
    bytes: ({ address, length }) => {
      const start = parseAddress(address);
      const { bytes, fault } = opened().target.memory.bytes(start, Math.min(Math.max(0, length), maxBytes));
      return {
        address: addressText(start),
        hex: hexOf(bytes),
        fault: fault ? `${addressText(fault.address)}: ${fault.why}` : null,
      };
    },
    gc: (_, onProgress) => {
      const process = needProcess(opened());
      const table = process.spans(onProgress);
      return gcOf(process, table && sumSpans(process.layout, table).totals);
    },
    findings: (_, onProgress) => {
      const { process, table } = needTable(opened(), onProgress);
      const sums = sumSpans(process.layout, table);
      return {
        findings: findingsOf(process, { rows: table, sums }),
        notRead: unreadWarnings(process, sums.totals),
      };
    },
    find: ({ address }, onProgress) => finderOf(opened(), onProgress).find(parseAddress(address)),
    memory: ({ address, length }, onProgress) => {
      const current = opened();
      return memoryOf(current.target, finderOf(current, onProgress), parseAddress(address), length);
    },
    heapMap: (query, onProgress) => {
      const { process, table } = needTable(opened(), onProgress);
      return heapMapOf(process.memory, process.layout, table, query);
    },
    histogram: ({ filter, column }, onProgress) => {
      const { process, table } = needTable(opened(), onProgress);
      const { pageSize } = process.layout.traits;
      return histogramOf(table, filterRows(table, parseFilter(filter), pageSize), column, pageSize);
    },
    ...goroutineAnswers(() => {
      const current = opened();
      const { target } = current;
      if (!target.image)
        throw new InspectError('no-image', 'goroutines', 'an image is missing: only the binary was given');
      current.scheduling ??= new Scheduling(needProcess(current));
      return current.scheduling;
    }),
    provenance: () => {
      const { target, process, options } = opened();
      return provenanceOf(target, process, process ? undefined : layoutOf(target, options));
    },
    layoutList: () => listLayouts(),
    layoutShow: ({ name }) => (name === '' ? showOf(layoutInUse(opened())) : showLayout(name)),
    layoutDiff: ({ a, b }) => diffLayouts(a, b),
    layoutVerify: () => {
      const { target, options } = opened();
      return verifyTarget(target, options);
    },
  };
  return {
    call: (name, params, onProgress) => handlers[name](params, onProgress),
    close: () => state?.target.close(),
  };
}

/** Kept: it reads goroutines and symbols once. */
function finderOf(state: State, onProgress: OnProgress): Finder {
  state.finder ??= createFinder(state.target, state.process, state.process?.spans(onProgress));
  return state.finder;
}

function openState({ files, options }: OpenRequest): State {
  const opened = openTarget({ files, options });
  const process = opened.image ? openProcess(opened, options) : undefined;
  return { target: process?.target ?? opened, process, options, queries: new Map() };
}

function layoutInUse({ target, process, options }: State) {
  const layout = process?.layout ?? layoutOf(target, options);
  if (!layout) throw new InspectError('no-layout', target.go?.version ?? 'this binary', 'no layout covers it');
  return layout;
}

function openedResult(state: State): OpenedResult {
  const { target, process } = state;
  const layout = process?.layout ?? layoutOf(target, state.options);
  const path = target.image?.path ?? target.binary?.info.path ?? 'nothing';
  return {
    title: path.split(/[\\/]/).at(-1) ?? path,
    goText: target.go
      ? `${target.go.version}${target.go.guessed ? ' (a guess)' : ''} ${target.go.os}/${target.go.arch}`
      : 'Go version unknown',
    layoutText: layout ? layoutName(layout) : 'no layout',
    rootsText: process ? rootsText([...process.roots.values()]) : '',
    told: layout ? toldStructs(layout) : [],
    hasImage: target.image !== undefined,
    warnings: [...target.warnings, ...(process?.warnings ?? [])],
  };
}

function needProcess({ process }: State): GoProcess {
  if (!process) throw new InspectError('root-not-found', 'mheap_', 'no Go runtime was found in the image');
  return process;
}

function needTable({ process, target }: State, onProgress: OnProgress): { process: GoProcess; table: SpanTable } {
  if (!target.image) throw new InspectError('no-image', 'spans', 'an image is missing: only the binary was given');
  const table = process?.spans(onProgress);
  if (!process || !table)
    throw new InspectError('root-not-found', 'mheap_', process?.whyNoSpans ?? 'no Go runtime was found in the image');
  return { process, table };
}

function rowsOf(
  state: State,
  query: SpanQuery,
  onProgress: OnProgress,
): { process: GoProcess; table: SpanTable; rows: Uint32Array } {
  const { process, table } = needTable(state, onProgress);
  const key = JSON.stringify(query);
  let rows = state.queries.get(key);
  if (!rows) {
    const { pageSize } = process.layout.traits;
    rows = sortRows(
      table,
      filterRows(table, parseFilter(query.filter), pageSize),
      query.sort.column,
      query.sort.descending,
      pageSize,
    );
  }
  state.queries.delete(key);
  state.queries.set(key, rows);
  for (const old of state.queries.keys()) if (state.queries.size > keptQueries) state.queries.delete(old);
  return { process, table, rows };
}

function spanWindow(state: State, query: SpanQuery, from: number, count: number, onProgress: OnProgress): SpanWindow {
  const { process, table, rows } = rowsOf(state, query, onProgress);
  const start = Math.max(0, Math.min(from, rows.length));
  const indices = [...rows.subarray(start, start + Math.min(Math.max(0, count), maxWindow))];
  const source = { memory: process.memory, layout: process.layout, table };
  return {
    total: table.length,
    matching: rows.length,
    from: start,
    rows: indices.map((row) => spanRow(source, row, false)),
    indices,
  };
}

function spanPosition(
  state: State,
  query: SpanQuery,
  address: string,
  onProgress: OnProgress,
): Calls['spanPosition']['result'] {
  const { process, table, rows } = rowsOf(state, query, onProgress);
  const row = findRow(table, parseAddress(address), process.layout.traits.pageSize);
  if (row < 0) return { position: -1, row: null };
  return {
    position: rows.indexOf(row),
    row: spanRow({ memory: process.memory, layout: process.layout, table }, row, false),
  };
}
