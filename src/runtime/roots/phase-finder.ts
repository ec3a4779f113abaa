// gcphase in a program whose names are gone: what its code stores a phase in. Each of the places where that is done must say the same, as gcStart and gcMarkTermination do (runtime/mgc.go).
import { longestPhaseStore, type PhaseStore, phaseStores } from '../../gosym/phase-stores.js';
import type { AddressRange } from '../../image/scan-words.js';
import { rangeOf } from '../../image/within.js';
import { moduleWord } from '../function-tables.js';
import type { Scene } from './validate.js';

/** Bytes of a module's code that are searched: the linker writes packages in the order in which they depend on each other, and all depend on the runtime. Seen within 560 KiB. */
const mostCode = 2 ** 22;
const blockBytes = 2 ** 18;
/** Places that must agree, of the three that every release has. In 20 MB of a program's code no other was seen. */
const enoughStores = 2;

/** The address by the first module whose code sets a phase; undefined where the code can't be read, does not say it twice, or contradicts itself. `data`: the program's writable data. */
export function gcphaseByStores(
  scene: Scene,
  modules: Iterable<number>,
  data: readonly AddressRange[],
): number | undefined {
  for (const module of modules) {
    const stores: PhaseStore[] = [];
    for (const store of storesOf(scene, module, data)) if (stores.push(store) === enoughStores) break;
    const [first, second] = stores;
    if (!first || !second) continue;
    return first.phase === second.phase && first.barrier === second.barrier ? first.phase : undefined;
  }
  return undefined;
}

function* storesOf(scene: Scene, module: number, data: readonly AddressRange[]): Generator<PhaseStore> {
  const { memory, layout } = scene;
  const [start, stated] = [moduleWord(scene, module, 'text'), moduleWord(scene, module, 'etext')];
  if (start === undefined || stated === undefined) return;
  const end = Math.min(stated, start + mostCode);
  for (let at = start; at < end; at += blockBytes) {
    const { bytes } = memory.bytes(at, Math.min(blockBytes + longestPhaseStore, end - at));
    if (bytes.length === 0) return;
    const code = { address: at, bytes, littleEndian: memory.littleEndian };
    // Where it begins behind the block, the next one has it whole.
    for (const store of phaseStores(layout.goarch, code) ?? [])
      if (store.at < at + blockBytes && rangeOf(data, store.phase) && rangeOf(data, store.barrier)) yield store;
  }
}
