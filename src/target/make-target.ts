// Makes the target of what was opened: what leads to symbols and debug info is opened when it is asked for.
import { InspectError } from '../bytes/errors.js';
import { type Dwarf, DwarfError, openDwarf } from '../dwarf-parser/index.js';
import type { BuildIds } from '../elf/build-ids.js';
import type { CoreInfo } from '../elf/core.js';
import { ElfDebugSections, hasDebugInfo } from '../elf/debug-sections.js';
import type { ElfFile } from '../elf/elf-file.js';
import { type SymbolIndex, symbolIndex } from '../elf/symbol-index.js';
import { lookupSymbols } from '../elf/symbols.js';
import type { Memory } from '../image/memory.js';
import { liveFootprint, liveSmaps, type ResidentMapping } from '../image/proc-footprint.js';
import type { SavedProc } from '../image/saved-proc.js';
import type { Inputs, OpenedElf } from './classify.js';
import type { ProgramData } from './data-ranges.js';
import { binaryInfo, imageOf, liveImage } from './describe.js';
import type { LiveProcess } from './live.js';
import { withoutBinary } from './other-places.js';
import type { Elsewhere, Holder, Target, TargetGo } from './target.js';

function sectionAddress(elf: ElfFile | undefined, name: string, bias: number): number | undefined {
  const section = elf?.section(name);
  return section && section.addr > 0 ? section.addr + bias : undefined;
}

export interface Parts {
  readonly inputs: Inputs;
  readonly live: LiveProcess | undefined;
  readonly saved: SavedProc | undefined;
  readonly core: CoreInfo | undefined;
  readonly memory: Memory;
  readonly binary: OpenedElf | undefined;
  readonly own: BuildIds | undefined;
  readonly bias: number | undefined;
  readonly data: ProgramData;
  readonly program: Target['program'];
  readonly matches: 'go' | 'gnu' | 'not checked';
  readonly go: TargetGo | undefined;
  readonly goarch: string;
  readonly holder: Holder | undefined;
  readonly elsewhere: Elsewhere;
  readonly warnings: string[];
  readonly trace: string[];
}

export function makeTarget(parts: Parts): Target {
  const { inputs, live, core, saved, memory, binary, own, bias, data, holder, warnings } = parts;
  const { program, matches, go, goarch, trace, elsewhere } = parts;
  let dwarf: Dwarf | undefined | null = null;
  let index: SymbolIndex | undefined;
  let resident: readonly ResidentMapping[] | undefined;
  const openDebugInfo = (): Dwarf | undefined => {
    if (dwarf !== null) return dwarf;
    dwarf =
      binary && hasDebugInfo(binary.elf)
        ? openDwarf(new ElfDebugSections(binary.elf, binary.source.source))
        : undefined;
    return dwarf;
  };
  return {
    memory,
    image: live ? liveImage(live) : imageOf(inputs, core, memory),
    live,
    binary: binary && { info: binaryInfo(binary, own), elf: binary.elf },
    matches,
    go,
    goarch,
    holder,
    elsewhere,
    program,
    warnings: holder ? [withoutBinary(holder), ...warnings] : warnings,
    trace,
    symbols(names) {
      if (!binary || bias === undefined) return new Map();
      return new Map([...lookupSymbols(binary.elf, names)].map(([name, { value }]) => [name, value + bias]));
    },
    symbolAt(address) {
      if (!binary || bias === undefined) return undefined;
      index ??= symbolIndex(binary.elf);
      const found = index.at(address - bias);
      return found && { ...found, value: found.value + bias };
    },
    auxv: core?.auxv ?? new Map(),
    threads: () => live?.registers() ?? core?.threads ?? [],
    footprint: () => (live ? liveFootprint(live.pid) : saved?.footprint),
    residentAt(address) {
      resident ??= (live ? liveSmaps(live.pid) : saved?.resident()) ?? [];
      return resident.find(({ start, end }) => address >= start && address < end);
    },
    savedEnviron: saved?.environ,
    dataRanges: data.all,
    variableRanges: data.variablesFirst,
    moduleSection: bias === undefined ? undefined : sectionAddress(binary?.elf, '.go.module', bias),
    dwarf: openDebugInfo,
    dwarfVariable(name) {
      try {
        const address = bias === undefined ? undefined : openDebugInfo()?.findVariable(name)?.address;
        return address === undefined ? undefined : address + (bias ?? 0);
      } catch (error) {
        if (error instanceof DwarfError || error instanceof InspectError) return undefined;
        throw error;
      }
    },
    close() {
      elsewhere.close();
      live?.close();
      memory.close();
      binary?.source.close();
      inputs.core?.source.close();
    },
  };
}
