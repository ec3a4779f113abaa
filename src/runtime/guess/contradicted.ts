// Whether an image contradicts the release whose layout it was read by, where a mere string variable names that: a tool for Go names others than its own.
import type { Memory } from '../../image/memory.js';
import { loadConstants } from '../../layout/constants.js';
import { layoutsFolder } from '../../layout/load.js';
import type { Layout } from '../../layout/types.js';
import type { RootName } from '../roots/names.js';
import { weigh } from './evidence.js';
import { mappedBy } from './type-checks.js';

/** Share of observations from which on they contradict. Of another line than its own the least is 2 %, in images of every line; of its own none, but for 1.9 and unless an image is damaged. */
const enoughBroken = 0.01;

const variables: Readonly<Record<string, RootName>> = {
  mheap: 'runtime.mheap_',
  moduledata: 'runtime.firstmoduledata',
  allgs: 'runtime.allgs',
  allp: 'runtime.allp',
};

/** Looks only at what was found: `address` gives a root's. */
export function contradicts(memory: Memory, layout: Layout, address: (name: RootName) => number | undefined): boolean {
  const found = (what: string) => [address(variables[what]!) ?? []].flat();
  const evidence = weigh(
    { memory, layout, isMapped: mappedBy(memory.segments) },
    { of: found },
    loadConstants(layoutsFolder()),
  );
  if (!evidence) return true;
  const { held, broken } = evidence.tally;
  return broken > enoughBroken * (held + broken);
}
