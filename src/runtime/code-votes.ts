// Variables that are no roots, in a program without symbols: what several functions, known by their names in the pclntab, refer to.
import { codeReferences } from '../gosym/code-references.js';
import { functionTable } from './function-tables.js';
import type { GoProcess } from './process.js';

/** Bytes of one function that are looked at. */
const mostCodeBytes = 2 ** 16;

/** How many of the functions refer to each address of the program's data; empty where the code or its names can't be read. Functions that a release lacks are passed over. */
export function codeVotes(
  { memory, layout, target, address }: GoProcess,
  functions: ReadonlySet<string>,
): ReadonlyMap<number, number> {
  const votes = new Map<number, number>();
  const module = address('runtime.firstmoduledata');
  const table = module === undefined ? undefined : functionTable({ memory, layout }, module);
  if (!table) return votes;
  let left = functions.size;
  for (const [, { entry, end }] of table.named(functions)) {
    const { bytes } = memory.bytes(entry, Math.min(end - entry, mostCodeBytes));
    const { littleEndian } = memory;
    const found = codeReferences(layout.goarch, { address: entry, bytes, littleEndian }, target.dataRanges) ?? [];
    for (const reference of found) votes.set(reference, (votes.get(reference) ?? 0) + 1);
    if (--left === 0) break;
  }
  return votes;
}
