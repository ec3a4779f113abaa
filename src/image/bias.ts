// Where a position-independent binary stands in an image: what is to be added to its link-time addresses. From the core's auxiliary vector, else from the
// list of mapped files; otherwise it is not known, and says why.
import { basename } from 'node:path';
import { AT, ET, PT } from '../elf/constants.js';
import type { CoreInfo } from '../elf/core.js';
import type { ElfFile } from '../elf/elf-file.js';

export type LoadBias =
  | {
      readonly known: true;
      readonly bias: number;
      readonly from: 'fixed addresses' | 'AT_PHDR' | 'AT_ENTRY' | 'NT_FILE';
    }
  | { readonly known: false; readonly why: string };

const PAGE = 4096;

/** `core` is left out for raw images, where only fixed addresses are certain. */
export function loadBias(binary: ElfFile, core: CoreInfo | undefined): LoadBias {
  if (binary.header.type === ET.EXEC) return { known: true, bias: 0, from: 'fixed addresses' };
  if (binary.header.type !== ET.DYN) return { known: false, why: `${binary.name} is no executable` };
  if (core === undefined)
    return {
      known: false,
      why: `${binary.name} is position-independent and the image does not say where it was loaded`,
    };
  const [phdr, entry] = [core.auxv.get(AT.PHDR), core.auxv.get(AT.ENTRY)];
  const [ownPhdr, ownEntry] = [phdrAddress(binary), binary.header.entry];
  const fromPhdr = difference(phdr, ownPhdr);
  const fromEntry = difference(entry, ownEntry);
  // A library has no entry, or one that is as far from its headers as no program's but by chance.
  const known = phdr !== undefined && entry !== undefined && ownPhdr !== undefined;
  if (known && entry - phdr !== BigInt(ownEntry) - BigInt(ownPhdr)) {
    return { known: false, why: `AT_PHDR and AT_ENTRY of the core do not fit ${binary.name}: is it another build?` };
  }
  if (fromPhdr !== undefined) return { known: true, bias: fromPhdr, from: 'AT_PHDR' };
  if (fromEntry !== undefined) return { known: true, bias: fromEntry, from: 'AT_ENTRY' };
  return fromMappedFiles(binary, core);
}

/** Link-time address of the program headers: PT_PHDR, else where a segment maps e_phoff. */
function phdrAddress({ programHeaders, header }: ElfFile): number | undefined {
  const own = programHeaders.find((h) => h.type === PT.PHDR);
  if (own !== undefined) return own.vaddr;
  const mapping = programHeaders.find(
    (h) => h.type === PT.LOAD && header.phoff >= h.offset && header.phoff < h.offset + h.filesz,
  );
  return mapping && mapping.vaddr + header.phoff - mapping.offset;
}

/** A bias is a multiple of the page size, and not negative. */
function difference(runtime: bigint | undefined, link: number | undefined): number | undefined {
  if (runtime === undefined || link === undefined) return undefined;
  const bias = Number(runtime) - link;
  return Number.isSafeInteger(bias) && bias >= 0 && bias % PAGE === 0 ? bias : undefined;
}

/** The lowest mapping of a file of the binary's name, against the segment that holds that file offset. */
function fromMappedFiles(binary: ElfFile, core: CoreInfo): LoadBias {
  const wanted = basename(binary.name);
  const mapping = core.files.find(({ path }) => basename(path) === wanted);
  if (mapping === undefined) {
    const why =
      core.files.length === 0
        ? 'the core has neither a usable auxiliary vector nor a list of mapped files'
        : `no file mapped in the core is called ${wanted}`;
    return { known: false, why };
  }
  const segment = binary.programHeaders.find(
    (h) =>
      h.type === PT.LOAD &&
      mapping.offset + (mapping.end - mapping.start) > h.offset &&
      mapping.offset < h.offset + h.filesz,
  );
  const bias = segment && difference(BigInt(mapping.start), segment.vaddr - segment.offset + mapping.offset);
  if (bias === undefined)
    return { known: false, why: `the core maps ${mapping.path} at an address that fits no segment of ${binary.name}` };
  return { known: true, bias, from: 'NT_FILE' };
}
