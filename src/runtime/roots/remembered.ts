// Where a search of a stripped program ended, kept for its next image: roots relative to the load bias. It saves the search, not the proof: each address is judged and confirmed on the
// image like any other, and a wrong one costs a search.
import { asRecord, type Keeping, type ProgramIdentity, readKept, writeKept } from '../kept.js';
import type { FinderMethod, Remembered, RememberedRoot, Root, RootName } from './names.js';

const methods: readonly FinderMethod[] = ['structure', 'code'];

/** `layout`: the name of the one that the roots were found with. */
const keepingOf = (folder: string, program: ProgramIdentity, layout: string): Keeping => ({
  folder,
  kind: 'roots',
  program,
  by: ['layout', layout],
});

/** What is remembered of the program; empty where that is nothing, or nothing that makes sense. */
export function recall(
  folder: string,
  program: ProgramIdentity,
  layout: string,
  names: readonly RootName[],
): Remembered {
  const roots = new Map<RootName, RememberedRoot>();
  const stated = asRecord(readKept(keepingOf(folder, program, layout))?.roots);
  if (!stated) return roots;
  for (const name of names) {
    const root = Object.hasOwn(stated, name) ? asRecord(stated[name]) : undefined;
    const address = typeof root?.offset === 'number' ? root.offset + program.bias : Number.NaN;
    const method = methods.find((each) => each === root?.method);
    if (Number.isSafeInteger(address) && address > 0 && method) roots.set(name, { address, method });
  }
  return roots;
}

/** Keeps the roots that were searched for and are confirmed, unless that is what is remembered already. Says what was done, for `--trace`; undefined where there was nothing to do. */
export function remember(
  folder: string,
  program: ProgramIdentity,
  layout: string,
  roots: ReadonlyMap<RootName, Root>,
  known: Remembered,
): string | undefined {
  const found = [...roots.values()].filter(
    ({ state, method, address }) =>
      state === 'confirmed' && address !== undefined && method !== undefined && methods.includes(method),
  );
  if (found.length === 0 || found.every(({ name, address }) => known.get(name)?.address === address)) return undefined;
  const stated = Object.fromEntries(
    found.map(({ name, address, method }) => [name, { offset: address! - program.bias, method }]),
  );
  const written = writeKept(keepingOf(folder, program, layout), { roots: stated });
  if (!written) return undefined;
  return 'file' in written
    ? `${found.length} roots kept for the next image of this build in ${written.file}`
    : `roots could not be kept in ${folder} (${written.why})`;
}
