// The function table that a moduledata leads to.
import { Pclntab, readPclntabHeader } from '../../gosym/pclntab.js';
import type { Scene } from './validate.js';

/** Undefined where moduledata is not known, or what it leads to is no table. */
export function functionTable({ memory, layout }: Scene, moduledata: number | undefined): Pclntab | undefined {
  if (moduledata === undefined) return undefined;
  const word = (path: string) => {
    const field = layout.field('moduledata', path);
    return field && memory.word(moduledata + field.offset);
  };
  const at = word('pcHeader') ?? word('pclntable.array');
  const text = word('text');
  const header = at === undefined ? undefined : readPclntabHeader(memory, at, true);
  return header && text !== undefined ? new Pclntab(memory, header, text) : undefined;
}
