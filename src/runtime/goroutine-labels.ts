// The labels that runtime/pprof has put on a goroutine, as of 1.26, where the runtime itself shows them in a dump (internal/runtime/pprof/label, type Set: one slice of
// pairs of strings). Nothing of earlier forms.
import type { RuntimeView } from './mheap.js';
import { readSlice } from './roots/validate.js';

export interface Label {
  readonly key: string;
  readonly value: string;
}

/** More labels, and longer ones, are cut. */
const mostLabels = 256;
const mostBytes = 1024;

/** What g.labels leads to; empty where it leads nowhere, and where the release keeps labels in another way. */
export function readLabels({ memory, layout }: RuntimeView, labels: number): Label[] {
  if (labels === 0 || layout.traits.traceback.labels === null) return [];
  const list = readSlice(memory, labels);
  const word = memory.pointerSize;
  const found: Label[] = [];
  for (let i = 0; list && i < Math.min(list.length, mostLabels); i += 1) {
    const at = list.array + i * 4 * word;
    const [key, value] = [stringAt(at), stringAt(at + 2 * word)];
    if (key === undefined || value === undefined) break;
    found.push({ key, value });
  }
  return found;

  function stringAt(header: number): string | undefined {
    const [text, length] = [memory.word(header), memory.word(header + word)];
    if (text === undefined || length === undefined) return undefined;
    return length === 0 ? '' : new TextDecoder().decode(memory.bytes(text, Math.min(length, mostBytes)).bytes);
  }
}
