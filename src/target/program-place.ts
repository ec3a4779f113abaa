// Where an image's program stands, by what the image alone says and holds of it.
import { AT } from '../elf/constants.js';
import type { CoreInfo } from '../elf/core.js';
import { loadBias } from '../image/bias.js';
import type { Memory } from '../image/memory.js';
import { mappedProgram } from '../image/memory-source.js';
import type { ProgramPlace } from './data-ranges.js';

/** By its headers in the image; without them an address inside it is all that is known. */
export function placeInImage(core: CoreInfo, memory: Memory): ProgramPlace {
  const elf = mappedProgram(memory, core);
  const found = elf && loadBias(elf, core);
  return { elf, bias: found?.known ? found.bias : undefined, inside: addressInside(core) };
}

/** Its entry, else its program headers, as the auxiliary vector has them. */
export function addressInside(core: CoreInfo | undefined): number | undefined {
  const address = core?.auxv.get(AT.ENTRY) ?? core?.auxv.get(AT.PHDR);
  return address === undefined ? undefined : Number(address);
}
