// g, m, p and mcache of an image whose layout is not known, one after the other: each gives the next what it needs.

import { unique } from './confidence.js';
import { findGoroutines } from './find-goroutines.js';
import { findMs, mTest } from './find-ms.js';
import { findPs } from './find-ps.js';
import { inferG } from './infer-g.js';
import { inferM } from './infer-m.js';
import { inferMcache, McacheProbe } from './infer-mcache.js';
import { inferP } from './infer-p.js';
import type { InferredStruct } from './inference.js';
import type { SchedulerScene } from './scheduler-scene.js';

export interface InferredScheduler {
  /** Of g, m, p and mcache those that could be told. */
  readonly structs: readonly InferredStruct[];
  /** Slices that were found on the way: candidates for runtime.allgs and runtime.allp. */
  readonly allgs: number | undefined;
  readonly allp: number | undefined;
}

/** Bounded by the size of the program's data and of its lists; what can't be read or told is left out. */
export function inferScheduler(scene: SchedulerScene): InferredScheduler {
  const structs: InferredStruct[] = [];
  const probe = new McacheProbe(scene);
  const ps = scene.mspans.length > 0 ? findPs(scene, probe) : undefined;
  const gs = findGoroutines(scene);
  const g = gs && inferG(scene, gs);
  const isM = g?.m && mTest(scene, g.m);
  if (g) {
    const list = g.m && isM ? findMs(scene, g.m, isM) : undefined;
    structs.push(list && list.linkOffsets.length > 0 ? withWitnesses(g.struct, list.ms.length) : g.struct);
    if (g.m && list) structs.push(inferM(scene, g, g.m, list, ps));
  }
  if (ps) {
    structs.push(inferP(ps, isM));
    const [only, ...others] = ps.mcacheOffsets;
    if (only !== undefined && others.length === 0) {
      const mcaches = ps.samples.addresses
        .map((_, row) => ps.samples.word(row, only))
        .filter((address) => address !== 0);
      const mcache = inferMcache(scene, probe, mcaches);
      if (mcache) structs.push(mcache);
    }
  }
  return { structs, allgs: gs?.slice, allp: ps?.slice };
}

/** g.m is borne out by every m whose g0 leads back to it, too. */
function withWitnesses(g: InferredStruct, ms: number): InferredStruct {
  const fields = g.fields.map((field) =>
    field.name === 'm' && field.alternatives.length === 0
      ? unique({ ...field, why: `${field.why}; so do the g0s of ${ms} m’s` }, field.offset, ms)
      : field,
  );
  return { ...g, fields };
}
