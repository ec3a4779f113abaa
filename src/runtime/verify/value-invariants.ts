// What is true of the numbers of the collector: the validators of its roots, and the sums over spans that it keeps itself (runtime/mgcpacer.go,
// mstats.go, mgc.go).
import type { Layout } from '../../layout/types.js';
import type { RootName } from '../roots/find.js';
import type { Verdict } from '../roots/validate.js';
import { validateMemstats, validateWork } from '../roots/validate-values.js';
import { type Answer, type Invariant, numberAt, type Outcome, once, type View } from './invariant.js';

/** A share by which a counter may be behind what threads have just done. */
const lawfulShare = 0.02;

/** Spans that are summed up again for each place that a field might have. */
const mostSummed = 20_000;

const outcome = ({ ok }: Verdict, address: number): Outcome => once(ok, address);

function ofRoot(
  root: RootName,
  name: string,
  what: string,
  fields: readonly string[],
  judge: (view: View, layout: Layout, address: number) => Verdict,
): Invariant {
  return {
    name,
    what,
    fields,
    run(view) {
      const address = view.roots.get(root);
      return address === undefined ? once(undefined, 0) : outcome(judge(view, movedLayout(view), address), address);
    },
  };
}

/** The layout as the view reads it, for what knows nothing of views. */
function movedLayout({ layout, place }: View): Layout {
  return {
    ...layout,
    field(struct, path) {
      const field = layout.field(struct, path);
      const own = place(struct, path);
      return field && own && { ...field, offset: own.offset };
    },
  };
}

/** GOGC above that is no setting. */
const highestPercent = 1_000_000;
/** nanotime of a machine that runs for three hundred years. */
const highestClock = 2 ** 63;

function ofController(
  name: string,
  what: string,
  paths: readonly string[],
  test: (get: (path: string) => number | undefined, view: View) => Answer,
  more: readonly string[] = [],
): Invariant {
  return {
    name,
    what,
    fields: [...paths.map((path) => `gcControllerState.${path}`), ...more],
    run(view) {
      const address = view.roots.get('runtime.gcController');
      if (address === undefined) return once(undefined, 0);
      const get = (path: string) => numberAt(view.memory, address, view.place('gcControllerState', path));
      return once(test(get, view), address);
    },
  };
}

export const valueInvariants: readonly Invariant[] = [
  ofRoot(
    'runtime.memstats',
    'memstats',
    'the newest entry of pause_end is last_gc_unix',
    ['mstats.pause_end', 'mstats.numgc', 'mstats.last_gc_unix', 'mstats.enablegc'],
    ({ memory, roots }, layout, at) => validateMemstats({ memory, layout }, at, roots.get('runtime.mheap_')),
  ),
  ofRoot(
    'runtime.work',
    'work',
    'work.cycles is memstats.numgc, or one more while a cycle runs',
    ['workType.cycles', 'mstats.numgc'],
    ({ memory, roots }, layout, at) => validateWork({ memory, layout }, at, roots.get('runtime.memstats')),
  ),
  ofController('heapMinimum', 'heapMinimum is 4 MiB × gcPercent / 100', ['gcPercent', 'heapMinimum'], (get) => {
    const [percent, minimum] = [get('gcPercent'), get('heapMinimum')];
    if (percent === undefined || minimum === undefined) return undefined;
    // Zeros follow from each other anywhere; -1 is GOGC=off, of which nothing follows.
    const value = percent | 0;
    return value > 0 && value < highestPercent ? minimum === Math.floor((4 * 1024 * 1024 * value) / 100) : undefined;
  }),
  ofController(
    'markStartTime',
    "markStartTime lies between the clocks of work's cycle",
    ['markStartTime'],
    (get, view) => {
      const work = view.roots.get('runtime.work');
      const clock = (name: string) =>
        work === undefined ? undefined : numberAt(view.memory, work, view.place('workType', name));
      const [start, begun, mark] = [get('markStartTime'), clock('tSweepTerm'), clock('tMark')];
      if (start === undefined || begun === undefined || mark === undefined || begun === 0) return undefined;
      return start >= begun && (start <= mark || mark < begun) && start < highestClock;
    },
    ['workType.tSweepTerm', 'workType.tMark'],
  ),
  {
    name: 'heapInUse',
    what: 'gcController.heapInUse is the pages of all spans in use',
    fields: ['gcControllerState.heapInUse', 'mspan.npages', 'mspan.state'],
    run(view, quick) {
      const { memory, layout, elements } = view;
      if (quick && elements.inuse.length > mostSummed) return once(undefined, 0);
      const controller = view.roots.get('runtime.gcController');
      const said =
        controller === undefined
          ? undefined
          : numberAt(memory, controller, view.place('gcControllerState', 'heapInUse'));
      if (said === undefined || controller === undefined) return once(undefined, 0);
      const npages = view.place('mspan', 'npages');
      let pages = 0;
      for (const span of elements.inuse) {
        const own = numberAt(memory, span, npages);
        if (own === undefined) return once(undefined, 0);
        pages += own;
      }
      const apart = Math.abs(pages * layout.traits.pageSize - said);
      return once(apart === 0 ? true : apart <= said * lawfulShare ? 'lawful' : false, controller);
    },
  },
];
