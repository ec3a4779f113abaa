// Where a binary stands in the image: what the user says, what the image says of its files and of its program, else what the words of its memory tell.
import type { CoreInfo } from '../elf/core.js';
import { loadBias } from '../image/bias.js';
import { searchBias } from '../image/bias-search.js';
import type { Memory } from '../image/memory.js';
import type { OpenedElf } from './classify.js';
import type { MappedLibrary } from './mapped-library.js';

interface Placing {
  readonly core: CoreInfo | undefined;
  /** `--bias` */
  readonly override: number | undefined;
  /** The binary is this library of the image. */
  readonly library: MappedLibrary | undefined;
  readonly hasImage: boolean;
  readonly warnings: string[];
  readonly trace: string[];
  /** The image without the binary, for as long as `look` takes. */
  readonly inBareImage: <T>(look: (memory: Memory) => T) => T;
}

/** What is added to the binary's addresses; undefined, and warned of, where nothing tells it. */
export function placeBinary(
  binary: OpenedElf,
  { core, override, library, hasImage, warnings, trace, inBareImage }: Placing,
): number | undefined {
  if (!hasImage) return 0;
  if (override !== undefined) {
    const told = library ? { known: true as const, bias: library.bias, from: 'NT_FILE' } : loadBias(binary.elf, core);
    if (told.known && told.bias !== override)
      warnings.push(`--bias says 0x${override.toString(16)}, by ${told.from} it is 0x${told.bias.toString(16)}`);
    return override;
  }
  if (library) {
    trace.push(`load bias 0x${library.bias.toString(16)}, from NT_FILE: ${library.path}`);
    return library.bias;
  }
  const found = loadBias(binary.elf, core);
  if (found.known) {
    trace.push(`load bias 0x${found.bias.toString(16)}, from ${found.from}`);
    return found.bias;
  }
  const searched = inBareImage((memory) => searchBias(binary.elf, memory));
  if (searched !== undefined) {
    const { bias, agree, readable } = searched;
    trace.push(
      `load bias 0x${bias.toString(16)}, from the image: ${agree} of ${readable} relocated words are right there (${found.why})`,
    );
    return bias;
  }
  warnings.push(`the load bias of ${binary.path} is not known (${found.why}): --bias tells it`);
  return undefined;
}
