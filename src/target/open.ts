// Opens what a command line names as one target: binary and image matched by build ID, placed in one address space.
import { statSync } from 'node:fs';
import { InspectError } from '../bytes/errors.js';
import type { UnpackedFiles } from '../bytes/open-source.js';
import { PageCache } from '../bytes/page-cache.js';
import { type Dwarf, DwarfError, openDwarf } from '../dwarf-parser/index.js';
import { type BuildIds, readBuildIds } from '../elf/build-ids.js';
import { AT } from '../elf/constants.js';
import { type CoreInfo, readCore } from '../elf/core.js';
import { ElfDebugSections, hasDebugInfo } from '../elf/debug-sections.js';
import type { ElfFile } from '../elf/elf-file.js';
import { type SymbolIndex, symbolIndex } from '../elf/symbol-index.js';
import { lookupSymbols } from '../elf/symbols.js';
import { loadBias } from '../image/bias.js';
import { searchBias } from '../image/bias-search.js';
import { openBinaryImage, type PlacedBinary } from '../image/binary-image.js';
import { openCoreImage } from '../image/core-image.js';
import type { Memory } from '../image/memory.js';
import { imageBuildIds, mainMapping, mappedProgram } from '../image/memory-source.js';
import { liveFootprint, liveSmaps, type ResidentMapping } from '../image/proc-footprint.js';
import type { ProcMapping } from '../image/proc-maps.js';
import { openRawImage } from '../image/raw-image.js';
import { readSavedProc, type SavedProc, withSavedProc } from '../image/saved-proc.js';
import { classify, type Inputs, type OpenedElf } from './classify.js';
import { dataRanges, type ProgramData, type ProgramPlace } from './data-ranges.js';
import { binaryInfo, imageOf, liveImage } from './describe.js';
import { findGo, goEvidence } from './go-of.js';
import { type LiveProcess, openLive } from './live.js';
import { type MappedLibrary, mappedLibrary } from './mapped-library.js';
import { type NamedFiles, namedGoLibrary, namedLibraries, namedProgram } from './named-files.js';
import type { Target, TargetGo } from './target.js';

export interface OpenTargetRequest {
  readonly files: readonly string[];
  readonly options: {
    readonly regions?: string;
    readonly go?: string;
    readonly bias?: number;
    readonly force?: boolean;
    /** The folder below which the files stand that the image names. */
    readonly sysroot?: string;
    /** A folder of saved /proc/PID files. */
    readonly proc?: string;
    /** Where compressed files stand unpacked, by their path; a compressed file that is not in it can't be opened. */
    readonly unpacked?: UnpackedFiles;
    /** A live process is held still until `target.live.release()` or the target's close. */
    readonly stop?: boolean;
  };
}

/** Throws InspectError where an input can't be used, or where binary and image do not belong together (unless `force`). */
export function openTarget({ files, options }: OpenTargetRequest): Target {
  const cache = new PageCache();
  const trace: string[] = [];
  const warnings: string[] = [];
  const { sysroot } = options;
  if (sysroot !== undefined && statSync(sysroot, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new InspectError('not-found', `--sysroot ${sysroot}`, 'is no folder');
  const inputs = classify(files, options.regions, cache, options.unpacked);
  if (inputs.pid === undefined) return openParts(inputs, undefined, cache, trace, warnings, options);
  let live: LiveProcess | undefined;
  try {
    live = openLive(inputs.pid, cache, options.stop === true);
    return openParts(inputs, live, cache, trace, warnings, options);
  } catch (error) {
    inputs.binary?.source.close();
    live?.close();
    throw error;
  }
}

function openParts(
  inputs: Inputs,
  live: LiveProcess | undefined,
  cache: PageCache,
  trace: string[],
  warnings: string[],
  options: OpenTargetRequest['options'],
): Target {
  const model = inputs.core?.elf ?? inputs.binary?.elf;
  const saved = options.proc === undefined || live || !model ? undefined : readSavedProc(options.proc, model);
  const ownInfo = live?.info ?? (inputs.core && readCore(inputs.core.elf));
  const core = saved ? withSavedProc(ownInfo, saved) : ownInfo;
  // What the build IDs of a binary are held against: for a process the program that it says it runs.
  const imageFile = live ? { ...live.exe, path: `pid:${live.pid}` } : inputs.core;
  const inImage = live
    ? imageBuildIds(live.memory, live.info)
    : inputs.core && core
      ? buildIdsInCore(inputs.core, core)
      : undefined;
  // The files that a core names, by what the core alone holds.
  const named = inputs.core &&
    core && {
      core,
      memory: openCoreImage({ elf: inputs.core.elf, source: inputs.core.source, info: core }),
      cache,
      sysroot: options.sysroot,
      trace,
      warnings,
    };
  const binary = inputs.binary ?? live?.exe ?? (named && inImage && namedGoFile(named, inImage));
  const image = imageFile !== undefined || inputs.regions.length > 0;
  if (binary)
    refuseNonGo(live && !inputs.binary ? { ...binary, path: `pid:${live.pid} (${binary.path})` } : binary, image);
  const own = binary && readBuildIds(binary.elf);
  // A library of the program is held against what the image holds of that library.
  const bareImage = live?.memory ?? named?.memory;
  const library =
    binary && own && core && inImage && bareImage && binary !== live?.exe
      ? mappedLibrary(binary, own, { core, memory: bareImage, ids: inImage })
      : undefined;
  if (library) trace.push(`the binary is ${library.path} of the image: ${library.by}`);
  const matches =
    binary && imageFile
      ? matchIds(binary, imageFile, own, library?.ids ?? inImage, options.force === true, warnings)
      : 'not checked';
  const bias = binary
    ? biasOf(binary, core, options.bias, library, image, warnings, trace, () => bareMemory(inputs, core, binary, cache))
    : undefined;
  const placed = binary && bias !== undefined ? { elf: binary.elf, source: binary.source, bias } : undefined;
  const libraries = named ? namedLibraries(named) : [];
  const memory =
    live?.memory ?? memoryOf(inputs, core, binary, { placed, libraries, mappings: saved?.mappings }, cache);
  for (const { elf } of [binary, inputs.core].filter((file) => file !== undefined))
    warnings.push(...elf.problems.map((problem) => `${elf.name}: ${problem}`));
  if (!binary && inputs.core) warnings.push(withoutBinary(core && mainMapping(core)?.path));
  if (live) warnings.push(...live.warnings);
  if (saved) warnings.push(...saved.warnings, ...otherProcess(saved, ownInfo));
  if (core) warnings.push(...core.problems.map((problem) => `${inputs.core?.path}: ${problem}`));
  const place = programPlace(binary, bias, core, memory);
  const data = dataRanges(place, memory);
  const go = goOf(binary, inputs.core, bias, memory, data, options.go);
  if (go && options.go !== undefined)
    warnings.push(...overruled(go, goOf(binary, inputs.core, bias, memory, data, undefined)));
  if (go) trace.push(`Go version ${go.version}, from ${go.source}`);
  if (live && options.proc !== undefined)
    warnings.push(`--proc ${options.proc} is not read: pid:${live.pid} is there itself`);
  const program = identityOf(own ?? inImage, place.bias);
  return makeTarget({
    inputs,
    live,
    core,
    saved,
    memory,
    binary,
    own,
    bias,
    data,
    program,
    matches,
    go,
    warnings,
    trace,
  });
}

/** The program that the image names; where that is none of Go's, the Go library that it has loaded. */
function namedGoFile(named: NamedFiles, { go }: BuildIds): OpenedElf | undefined {
  const program = namedProgram(named);
  if (go !== undefined || (program && goEvidence(program.elf).length > 0)) return program;
  const library = namedGoLibrary(named);
  if (library) program?.source.close();
  return library ?? program;
}

/** The build IDs that the core itself holds, read without the binary laid under it. */
function buildIdsInCore(file: OpenedElf, info: CoreInfo): BuildIds {
  return imageBuildIds(openCoreImage({ elf: file.elf, source: file.source, info }), info);
}

/** A binary alone must be Go; with an image the same, else nothing below would mean anything. */
function refuseNonGo({ path, elf }: OpenedElf, hasImage: boolean): void {
  if (goEvidence(elf).length > 0) return;
  const why = 'is not a Go program: it has no Go build ID, no build info and no pclntab';
  const hint = elf.problems[0] ?? (hasImage ? 'name the Go binary that the image was taken of' : undefined);
  throw new InspectError('not-go', path, why, hint);
}

function matchIds(
  binary: OpenedElf,
  core: OpenedElf,
  own: BuildIds | undefined,
  inImage: BuildIds | undefined,
  force: boolean,
  warnings: string[],
): 'go' | 'gnu' | 'not checked' {
  const archs = [binary.elf.header.goarch, core.elf.header.goarch] as const;
  const shapes = [binary.elf.header, core.elf.header].map(
    ({ bits, littleEndian, machine }) => `${bits} ${littleEndian} ${machine}`,
  );
  const complain = (what: string, a: string, b: string) => {
    const hint =
      archs[0] === archs[1] ? 'another build of the same program? --force goes on' : 'another platform’s build?';
    if (!force || shapes[0] !== shapes[1])
      throw new InspectError(
        'binary-mismatch',
        binary.path,
        `does not belong to ${core.path}: ${what} ${a}, the image has ${b}`,
        hint,
      );
    warnings.push(
      `${binary.path} does not belong to ${core.path} (${what} ${a}, the image has ${b}): going on, as --force says`,
    );
  };
  if (shapes[0] !== shapes[1])
    complain('it is for', archs[0] ?? 'an unknown machine', archs[1] ?? 'an unknown machine');
  if (own?.go !== undefined && inImage?.go !== undefined) {
    if (own.go === inImage.go) return 'go';
    complain('its Go build ID is', own.go, inImage.go);
  } else if (own?.gnu !== undefined && inImage?.gnu !== undefined) {
    if (own.gnu === inImage.gnu) return 'gnu';
    complain('its GNU build ID is', own.gnu, inImage.gnu);
  }
  return 'not checked';
}

function biasOf(
  binary: OpenedElf,
  core: CoreInfo | undefined,
  override: number | undefined,
  library: MappedLibrary | undefined,
  image: boolean,
  warnings: string[],
  trace: string[],
  bare: () => BareMemory,
): number | undefined {
  if (!image) return 0;
  if (override !== undefined) return override;
  if (library) {
    trace.push(`load bias 0x${library.bias.toString(16)}, from NT_FILE: ${library.path}`);
    return library.bias;
  }
  const found = loadBias(binary.elf, core);
  if (found.known) {
    trace.push(`load bias 0x${found.bias.toString(16)}, from ${found.from}`);
    return found.bias;
  }
  const { memory, close } = bare();
  try {
    const searched = searchBias(binary.elf, memory);
    if (searched !== undefined) {
      const { bias, agree, readable } = searched;
      trace.push(
        `load bias 0x${bias.toString(16)}, from the image: ${agree} of ${readable} relocated words are right there (${found.why})`,
      );
      return bias;
    }
  } finally {
    close();
  }
  warnings.push(`the load bias of ${binary.path} is not known (${found.why}): --bias tells it`);
  return undefined;
}

interface BareMemory {
  readonly memory: Memory;
  readonly close: () => void;
}

/** The image without the binary. A core's file stays open; raw regions are opened again when all is known. */
function bareMemory(
  inputs: Inputs,
  core: CoreInfo | undefined,
  binary: OpenedElf | undefined,
  cache: PageCache,
): BareMemory {
  const memory = memoryOf(inputs, core, binary, {}, cache);
  return { memory, close: () => { if (!inputs.core) memory.close(); } }; // biome-ignore format: short
}

interface Beneath {
  readonly placed?: PlacedBinary | undefined;
  readonly libraries?: readonly PlacedBinary[];
  readonly mappings?: readonly ProcMapping[] | undefined;
}

function memoryOf(
  inputs: Inputs,
  core: CoreInfo | undefined,
  binary: OpenedElf | undefined,
  { placed, libraries = [], mappings = [] }: Beneath,
  cache: PageCache,
): Memory {
  const under = placed ? { binary: placed } : {};
  if (inputs.core && core)
    return openCoreImage({ elf: inputs.core.elf, source: inputs.core.source, info: core, libraries, ...under });
  if (inputs.regions.length > 0) {
    if (!binary) {
      throw new InspectError(
        'no-image',
        inputs.regions[0]!.path,
        'a raw image does not say its word size and byte order',
        'name the Go binary beside it',
      );
    }
    return openRawImage({
      regions: inputs.regions,
      unpacked: inputs.unpacked,
      mappings,
      model: binary.elf,
      cache,
      ...under,
    });
  }
  if (!binary) throw new InspectError('no-image', 'files', 'neither a binary nor an image was given');
  return openBinaryImage(binary.elf, binary.source);
}

/** A folder that was saved of another process is told of, and believed. */
function otherProcess({ pids }: SavedProc, core: CoreInfo | undefined): string[] {
  const pid = core?.process?.pid;
  if (!pid || pids.length === 0 || pids.includes(pid)) return [];
  return [`the saved files of --proc are of process ${pids.join('/')}, the core is of process ${pid}`];
}

function withoutBinary(path: string | undefined): string {
  const which = path === undefined ? '' : `, which was ${path},`;
  return `there is no binary: functions may have no names here, and addresses in code no lines; name the Go binary${which} beside the image`;
}

function identityOf(ids: BuildIds | undefined, bias: number | undefined): Target['program'] {
  const build = ids?.go ? `go:${ids.go}` : ids?.gnu ? `gnu:${ids.gnu}` : undefined;
  return build === undefined || bias === undefined ? undefined : { build, bias };
}

/** Where the program stands: by its binary, else by what the core says and holds of it. */
function programPlace(
  binary: OpenedElf | undefined,
  bias: number | undefined,
  core: CoreInfo | undefined,
  memory: Memory,
): ProgramPlace {
  const entry = core?.auxv.get(AT.ENTRY) ?? core?.auxv.get(AT.PHDR);
  const inside = entry === undefined ? undefined : Number(entry);
  if (binary || !core) return { elf: binary?.elf, bias, inside };
  const elf = mappedProgram(memory, core);
  const found = elf && loadBias(elf, core);
  return { elf, bias: found?.known ? found.bias : undefined, inside };
}

const goarchOf = (binary: OpenedElf | undefined, core: OpenedElf | undefined) =>
  (binary ?? core)?.elf.header.goarch ?? 'unknown';

function goOf(
  binary: OpenedElf | undefined,
  core: OpenedElf | undefined,
  bias: number | undefined,
  memory: Memory,
  data: ProgramData,
  override: string | undefined,
): TargetGo | undefined {
  const arch = goarchOf(binary, core);
  const found = findGo(binary?.elf, bias ?? 0, memory, override, data);
  return found && { ...found, os: 'linux', arch };
}

/** What `--go` says is believed; that the target says something else is told. */
function overruled(go: TargetGo, own: TargetGo | undefined): string[] {
  const name = ({ version, experiments }: TargetGo) => [version.replace(/\.0$/, ''), ...experiments].join('+');
  return own && name(own) !== name(go) ? [`--go says ${name(go)}, ${own.source} says ${name(own)}`] : [];
}

function sectionAddress(elf: ElfFile | undefined, name: string, bias: number): number | undefined {
  const section = elf?.section(name);
  return section && section.addr > 0 ? section.addr + bias : undefined;
}

interface Parts {
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
  readonly warnings: string[];
  readonly trace: string[];
}

function makeTarget(parts: Parts): Target {
  const { inputs, live, core, saved, memory, binary, own, bias, data, program, matches, go, warnings, trace } = parts;
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
    goarch: goarchOf(binary, inputs.core),
    program,
    warnings,
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
      live?.close();
      memory.close();
      binary?.source.close();
      inputs.core?.source.close();
    },
  };
}
