// gcphase in a program whose names are gone: what its code stores a phase in. Each of the places where that is done must say the same, as gcStart and gcMarkTermination do (runtime/mgc.go).
import { type Code, codeReferences } from '../../gosym/code-references.js';
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

/** Code of the runtime that works on the heap refers to mheap_: pieces of so many bytes that must, of those up to the second place. 3 to 14 do; none where a wrong bias misplaces the code. */
const pieceBytes = 2 ** 12;
const enoughPieces = 2;

/**
 * The address by the first module whose code sets a phase; undefined where the code can't be read, does not say it twice, contradicts itself, or does not stand where it was linked for: then it would not
 * refer to `mheap`, the address of a proved mheap_. `data`: the program's writable data.
 */
export function gcphaseByStores(
  scene: Scene,
  modules: Iterable<number>,
  data: readonly AddressRange[],
  mheap: number,
): number | undefined {
  for (const module of modules) {
    const stores: PhaseStore[] = [];
    let pieces = 0;
    for (const { code, found } of blocksOf(scene, module, data)) {
      stores.push(...found);
      pieces += piecesThatReferTo(mheap, scene, code);
      if (stores.length >= enoughStores) break;
    }
    const [first, second] = stores;
    if (!first || !second || pieces < enoughPieces) continue;
    return first.phase === second.phase && first.barrier === second.barrier ? first.phase : undefined;
  }
  return undefined;
}

interface Block {
  readonly code: Code;
  readonly found: readonly PhaseStore[];
}

function* blocksOf(scene: Scene, module: number, data: readonly AddressRange[]): Generator<Block> {
  const { memory, layout } = scene;
  const [start, stated] = [moduleWord(scene, module, 'text'), moduleWord(scene, module, 'etext')];
  if (start === undefined || stated === undefined) return;
  const end = Math.min(stated, start + mostCode);
  for (let at = start; at < end; at += blockBytes) {
    const { bytes } = memory.bytes(at, Math.min(blockBytes + longestPhaseStore, end - at));
    if (bytes.length === 0) return;
    const code = { address: at, bytes, littleEndian: memory.littleEndian };
    const stores = phaseStores(layout.goarch, code);
    if (!stores) return;
    // Where it begins behind the block, the next one has it whole.
    const found = [...stores].filter(
      (store) => store.at < at + blockBytes && rangeOf(data, store.phase) && rangeOf(data, store.barrier),
    );
    yield { code, found };
  }
}

function piecesThatReferTo(target: number, { layout }: Scene, { address, bytes, littleEndian }: Code): number {
  const wanted = [{ start: target, end: target + 1 }];
  let pieces = 0;
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = { address: address + at, bytes: bytes.subarray(at, at + pieceBytes), littleEndian };
    if (codeReferences(layout.goarch, piece, wanted)?.has(target)) pieces += 1;
  }
  return pieces;
}
