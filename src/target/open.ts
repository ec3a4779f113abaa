// Opens what a command line names as one target: binary and image matched by build ID, placed in one address space.
import { statSync } from 'node:fs';
import { InspectError } from '../bytes/errors.js';
import type { UnpackedFiles } from '../bytes/open-source.js';
import { PageCache } from '../bytes/page-cache.js';
import { readBuildIds } from '../elf/build-ids.js';
import { type CoreInfo, readCore } from '../elf/core.js';
import type { ElfFile } from '../elf/elf-file.js';
import { openBinaryImage, type PlacedBinary } from '../image/binary-image.js';
import { openCoreImage } from '../image/core-image.js';
import type { Memory } from '../image/memory.js';
import { imageBuildIds, mainMapping } from '../image/memory-source.js';
import { openRawImage } from '../image/raw-image.js';
import { readSavedProc, type SavedProc, withSavedProc } from '../image/saved-proc.js';
import { chooseBinary } from './choose-binary.js';
import { classify, type Inputs } from './classify.js';
import { dataRanges, type ProgramData } from './data-ranges.js';
import type { MappedModule } from './go-modules.js';
import { findGo } from './go-of.js';
import { type LiveProcess, openLive } from './live.js';
import { placeBinary } from './load-place.js';
import { makeTarget } from './make-target.js';
import { mappedLibrary } from './mapped-library.js';
import { matchIds } from './match-builds.js';
import { namedLibraries } from './named-files.js';
import { holderOf, noIds, otherPlaces, programId } from './other-places.js';
import { addressInside, placeInImage } from './program-place.js';
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

interface ImageParts {
  readonly inputs: Inputs;
  readonly live: LiveProcess | undefined;
  readonly core: CoreInfo | undefined;
  readonly saved: SavedProc | undefined;
  readonly cache: PageCache;
}

function openParts(
  inputs: Inputs,
  live: LiveProcess | undefined,
  cache: PageCache,
  trace: string[],
  warnings: string[],
  options: OpenTargetRequest['options'],
  module?: PlacedBinary,
): Target {
  const given = inputs.core ?? inputs.binary;
  const saved = options.proc === undefined || live || !given ? undefined : readSavedProc(options.proc, given.elf);
  const ownInfo = live?.info ?? (inputs.core && readCore(inputs.core.elf));
  const core = saved ? withSavedProc(ownInfo, saved) : ownInfo;
  const parts: ImageParts = { inputs, live, core, saved, cache };
  // What the build IDs of a binary are held against: for a process the program that it says it runs.
  const imageFile = live ? { ...live.exe, path: `pid:${live.pid}` } : inputs.core;
  const hasImage = imageFile !== undefined || inputs.regions.length > 0;
  const bare = core && hasImage ? bareMemory(parts) : undefined;
  const ids = bare && core && imageBuildIds(bare.memory, core);
  // The files that the image names, by what the image alone holds.
  const sysroot = options.sysroot ?? live?.root;
  const named = bare && core && { core, memory: bare.memory, cache, sysroot, trace, warnings };
  const chosen = chooseBinary({
    given: inputs.binary,
    running: live?.exe,
    subject: ({ path }) => (live && !inputs.binary ? `pid:${live.pid} (${path})` : path),
    image: named,
    ids,
    hasImage,
  });
  const { binary, module: holding } = chosen;
  const own = binary && readBuildIds(binary.elf);
  // A library of the program is held against what the image holds of that library.
  const library =
    binary && own && named && ids && binary !== live?.exe ? mappedLibrary(binary, own, { ...named, ids }) : undefined;
  if (library) trace.push(`the binary is ${library.path} of the image: ${library.by}`);
  const matches =
    binary && imageFile
      ? matchIds(binary, imageFile, own, library?.ids ?? ids, options.force === true, warnings)
      : 'not checked';
  const inBareImage = <T>(look: (memory: Memory) => T): T => {
    const { memory, close } = bare ?? bareMemory(parts);
    try {
      return look(memory);
    } finally {
      if (!bare) close();
    }
  };
  const bias =
    binary && placeBinary(binary, { core, override: options.bias, library, hasImage, warnings, trace, inBareImage });
  const placed = binary && bias !== undefined ? { elf: binary.elf, source: binary.source, bias } : undefined;
  const libraries = named && inputs.core ? namedLibraries(named) : [];
  bare?.close();
  const memory = live?.memory ?? memoryOf(parts, { placed, libraries: [...libraries, ...(module ? [module] : [])] });
  for (const { elf } of [binary, inputs.core].filter((file) => file !== undefined))
    warnings.push(...elf.problems.map((problem) => `${elf.name}: ${problem}`));
  if (live) warnings.push(...live.warnings);
  if (saved) warnings.push(...saved.warnings, ...otherProcess(saved, ownInfo));
  if (core) warnings.push(...core.problems.map((problem) => `${inputs.core?.path}: ${problem}`));
  const place = binary || !core ? { elf: binary?.elf, bias, inside: addressInside(core) } : placeInImage(core, memory);
  const data = holding?.data ?? dataRanges(place, memory);
  const goarch = (binary ?? inputs.core ?? live?.exe ?? inputs.binary)?.elf.header.goarch ?? 'unknown';
  const goOf = (from: ProgramData, elf: ElfFile | undefined, override: string | undefined): TargetGo | undefined => {
    const found = findGo(elf, bias ?? 0, memory, override, from);
    return found && { ...found, os: 'linux', arch: goarch };
  };
  const go = goOf(data, binary?.elf, options.go);
  if (go && options.go !== undefined) warnings.push(...overruled(go, goOf(data, binary?.elf, undefined)));
  if (go) trace.push(`Go version ${go.version}, from ${go.source}`);
  if (live && options.proc !== undefined)
    warnings.push(`--proc ${options.proc} is not read: pid:${live.pid} is there itself`);
  const main = core && mainMapping(core)?.path;
  const holder = holding ? holderOf(holding) : { path: main, ids: ids ?? noIds, isProgram: true };
  const openProgram = () => {
    const { bias: _, ...rest } = options;
    return openParts({ ...inputs, binary: undefined }, live, cache, [...trace], [], rest, placed);
  };
  const goProgram = (): MappedModule | undefined => {
    if (!core || !library || main === undefined || ids?.go === undefined) return undefined;
    const own = placeInImage(core, memory);
    return { path: main, bias: own.bias, ids, data: dataRanges(own, memory) };
  };
  const elsewhere = otherPlaces({
    image: core && hasImage ? { core, memory } : undefined,
    chosen,
    shown: library?.path ?? holding?.path,
    // Beside a Go program a page of each file is looked at for its sake, and no more.
    byIdAlone: !library && chosen.isProgram,
    goOf: (from, asTold) => goOf(from, undefined, asTold ? options.go : undefined),
    warnings,
    program: goProgram,
    module:
      library && binary && binary === inputs.binary
        ? { path: binary.path, program: main, ranges: data.all, openProgram }
        : undefined,
  });
  return makeTarget({
    inputs, live, core, saved, memory, binary, own, bias, data, matches, go, goarch, warnings, trace, elsewhere,
    program: holding ? programId(holding.ids, holding.bias) : programId(own ?? ids, place.bias),
    holder: binary || !hasImage ? undefined : holder,
  }); // biome-ignore format: a list
}

interface Beneath {
  readonly placed?: PlacedBinary | undefined;
  readonly libraries?: readonly PlacedBinary[] | undefined;
}

/** The image without the binary. A core's file and a process stay open; raw regions are opened again when all is known. */
function bareMemory(parts: ImageParts): { readonly memory: Memory; readonly close: () => void } {
  if (parts.live) return { memory: parts.live.memory, close: () => {} };
  const memory = memoryOf(parts, {});
  return { memory, close: () => { if (!parts.inputs.core) memory.close(); } }; // biome-ignore format: short
}

function memoryOf({ inputs, core, saved, cache }: ImageParts, { placed, libraries = [] }: Beneath): Memory {
  const under = placed ? { binary: placed } : {};
  if (inputs.core && core)
    return openCoreImage({ elf: inputs.core.elf, source: inputs.core.source, info: core, libraries, ...under });
  const { binary, regions, unpacked } = inputs;
  if (regions.length > 0) {
    if (!binary) {
      throw new InspectError(
        'no-image',
        regions[0]!.path,
        'a raw image does not say its word size and byte order',
        'name the Go binary beside it',
      );
    }
    return openRawImage({ regions, unpacked, mappings: saved?.mappings ?? [], model: binary.elf, cache, ...under });
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

/** What `--go` says is believed; that the target says something else is told. */
function overruled(go: TargetGo, own: TargetGo | undefined): string[] {
  const name = ({ version, experiments }: TargetGo) => [version.replace(/\.0$/, ''), ...experiments].join('+');
  return own && name(own) !== name(go) ? [`--go says ${name(go)}, ${own.source} says ${name(own)}`] : [];
}
