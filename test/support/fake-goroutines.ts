// A session's answers about goroutines that never were: four kinds in turn, stacks of a length that is asked for, unwound a step with each question.
import type { GoroutineRow, GroupRow } from '../../src/analysis/results-browse.js';
import type { Calls } from '../../src/session/protocol.js';

export interface FakeGoroutines {
  readonly count?: number;
  /** Unwound with each question; all at once where it is left out. */
  readonly step?: number;
  readonly frames?: number;
  /** Whether allgs was found; without it there are none to show. */
  readonly known?: boolean;
}

type Names = 'goroutineGroups' | 'goroutineWindow' | 'goroutine' | 'threads' | 'thread' | 'stackPointers';
type Answers = { [K in Names]: (params: Calls[K]['params']) => Calls[K]['result'] };

const kinds = ['chan receive', 'sleep', 'sync.Mutex.Lock', 'IO wait'] as const;
const goidOf = (i: number) => 10 + i;
const hex = (value: number) => `0x${value.toString(16)}`;

export function goroutineAnswers({
  count = 40,
  step = Number.POSITIVE_INFINITY,
  frames = 12,
  known = true,
}: FakeGoroutines = {}): Answers {
  let unwound = 0;
  const more = () => {
    unwound = Math.min(count, unwound + step);
  };
  const kindOf = (i: number) => kinds[i % kinds.length]!;
  const top = (kind: string) => ({
    pc: '0x4a1b2c',
    func: `main.${kind.split(' ')[0]}`,
    file: '/src/app/main.go',
    line: 31,
  });
  const state = (goroutines: number) => ({
    total: count,
    unwound,
    goroutines,
    dead: 0,
    systemHidden: 0,
    known,
    unreadable: 0,
    functions: true,
  });
  const fits = (filter: string) => (i: number) => filter === '' || kindOf(i).includes(filter);
  const row = (i: number): GoroutineRow => ({
    goid: goidOf(i),
    g: hex(0xc000100000 + i * 448),
    status: 'waiting',
    waitReason: kindOf(i),
    waitSinceAtLeast: 61e9,
    system: false,
    thread: null,
    lockedToThread: false,
    top: top(kindOf(i)),
    frames,
    complete: true,
    stoppedBecause: null,
    stackUsed: 512,
    stackSize: 2048,
  });
  const all = Array.from({ length: count }, (_, i) => i);
  const frame = (index: number) => ({
    index,
    pc: hex(0x4a0000 + index * 16),
    sp: hex(0xc000200000 + index * 64),
    end: hex(0xc000200000 + index * 64 + 64),
    func: index % 3 === 0 ? 'runtime.gopark' : `main.work${index}`,
    file: '/src/app/main.go',
    line: index,
    offset: 16,
    inlined: false,
    wrapper: false,
    how: index === 0 ? 'gobuf' : 'pcsp',
  });
  const windowOf = (from: number, length: number, withAll: boolean) => {
    const shown = Array.from({ length: frames }, (_, i) => i).filter((i) => withAll || i % 3 !== 0);
    return {
      total: frames,
      matching: shown.length,
      leftOut: 0,
      from,
      frames: shown.slice(from, from + length).map(frame),
    };
  };
  const thread = {
    tid: 4711,
    signal: 6,
    registers: 'NT_PRSTATUS',
    m: '0xc000080000',
    mid: 0,
    goid: 10,
    on: 'goroutine',
    pc: '0x4a0000',
    sp: '0xc000200000',
    complete: true,
    stoppedBecause: null,
  } as const;
  return {
    goroutineGroups: ({ query, from, count: length, keep }) => {
      more();
      const known = all.slice(0, unwound).filter(fits(query.filter));
      // Of the kinds, the one that came last is the largest.
      const groups = kinds
        .map((kind, number) => ({ kind, number, members: known.filter((i) => kindOf(i) === kind) }))
        .filter(({ members }) => members.length > 0)
        .sort((a, b) => b.members.length - a.members.length || b.number - a.number);
      return {
        ...state(known.length),
        matching: groups.length,
        from,
        position: groups.findIndex(({ members }) => members.some((i) => String(goidOf(i)) === keep)),
        rows: groups.slice(from, from + length).map(
          ({ kind, members }): GroupRow => ({
            goid: goidOf(members[0]!),
            count: members.length,
            status: 'waiting',
            waitReason: kind,
            waitSinceAtLeast: 61e9,
            system: false,
            top: top(kind),
            frames,
            complete: true,
            stoppedBecause: null,
          }),
        ),
      };
    },
    goroutineWindow: ({ query, from, count: length, keep }) => {
      more();
      const like = query.like === null ? undefined : kindOf(Number(query.like) - 10);
      const known = all.filter(fits(query.filter)).filter((i) => like === undefined || kindOf(i) === like);
      if (query.sort.descending) known.reverse();
      return {
        ...state(known.length),
        matching: known.length,
        from,
        position: known.findIndex((i) => String(goidOf(i)) === keep),
        rows: known.slice(from, from + length).map(row),
      };
    },
    goroutine: ({ goid, from, count: length, all: withAll }) => ({
      goroutine: {
        goid: Number(goid),
        status: 'waiting',
        waitReason: kindOf(Number(goid) - 10),
        waitSinceAtLeast: 61e9,
        lockedToThread: false,
        thread: null,
        system: false,
        createdBy: { pc: '0x4a9999', func: 'main.main', file: '/src/app/main.go', line: 7, offset: 9, goid: 1 },
        startFunc: 'main.work',
        stack: { start: '0xc000200000', end: '0xc000200800' },
        g: '0xc000100000',
        method: 'pclntab',
        complete: true,
        stoppedBecause: null,
        stackUsed: 512,
      },
      ...windowOf(from, length, withAll),
    }),
    threads: () => ({ threads: [{ ...thread, frames, top: top('run') }] }),
    thread: ({ from, count: length, all: withAll }) => ({ thread, ...windowOf(from, length, withAll) }),
    stackPointers: ({ start, end }) => ({
      start,
      end,
      found: 2,
      goroutines: 1,
      stacks: count,
      bytes: 2048 * count,
      notLookedAt: 0,
      whole: 0,
      unreadable: 0,
      pointers: [
        {
          goid: 12,
          tid: null,
          state: 'sync.Mutex.Lock',
          at: '0xc000200088',
          register: null,
          value: start,
          frame: 2,
          func: 'main.work2',
        },
        { goid: 10, tid: 4711, state: 'running', at: null, register: 'rax', value: start, frame: null, func: null },
      ],
    }),
  };
}
