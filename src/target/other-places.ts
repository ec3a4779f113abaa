// The other files of an image that hold Go, or may: how a target looks with the runtime in one of them. For images that hold several runtimes (C programs with Go libraries), and for those whose
// Go code is in a file that nothing marks.
import { InspectError } from '../bytes/errors.js';
import type { BuildIds } from '../elf/build-ids.js';
import type { ChosenBinary } from './choose-binary.js';
import type { ProgramData } from './data-ranges.js';
import { goModules, type ImageOfModules, type MappedModule, unmarkedModules } from './go-modules.js';
import type { Elsewhere, Holder, ModuleFile, OtherPlace, Target, TargetGo } from './target.js';

interface Parts {
  /** Undefined for a binary alone, and for images that name no files. */
  readonly image: ImageOfModules | undefined;
  readonly chosen: ChosenBinary;
  /** The file that the runtime is looked for in, by its path in the image. */
  readonly shown: string | undefined;
  /** No data is searched for what may mark a file. */
  readonly byIdAlone: boolean;
  /** The Go version by a module's data; `asTold`: as `--go` says, if it does. */
  readonly goOf: (data: ProgramData, asTold: boolean) => TargetGo | undefined;
  /** What is to be told whichever place it is. */
  readonly warnings: readonly string[];
  readonly module: GivenModule | undefined;
  /** The image's program, where that is Go's and another file is shown. */
  readonly program: () => MappedModule | undefined;
}

/** A binary that is a file of the image and not its program. */
interface GivenModule extends Omit<ModuleFile, 'programOf'> {
  /** The image with its program instead. */
  readonly openProgram: () => Target;
}

/** Marked modules that a runtime is looked for in: a process has room for few. */
const mostMarked = 4;

export const noIds: BuildIds = { go: undefined, gnu: undefined };

/** Nothing is looked at before it is asked for. */
export function otherPlaces({ image, chosen, shown, byIdAlone, goOf, warnings, module, program }: Parts): Elsewhere {
  const placeOf = (module: MappedModule, asTold: boolean): OtherPlace => ({
    path: module.path,
    ids: module.ids,
    ranges: module.data.all,
    seen: (target) => seenIn(target, module, goOf(module.data, asTold), warnings),
  });
  let marked: readonly MappedModule[] | undefined;
  const others = () => {
    if (marked || !image) return marked ?? [];
    const own = program();
    marked = [...(own ? [own] : []), ...goModules(image, byIdAlone)].filter(({ path }) => path !== shown);
    return marked;
  };
  const isOpen = chosen.binary === undefined && !chosen.isProgram;
  return {
    others: () => others().map((module) => placeOf(module, false)),
    candidates() {
      if (!isOpen || !image) return [];
      const all = chosen.module || others().length > 0 ? others() : unmarkedModules(image);
      return (all === marked ? all.slice(0, mostMarked) : all).map((module) => placeOf(module, true));
    },
    refusal: chosen.otherwise,
    ...moduleFile(module),
  };
}

function moduleFile(given: GivenModule | undefined): Pick<Elsewhere, 'module' | 'close'> {
  if (!given) return { module: undefined, close() {} };
  const { openProgram, ...module } = given;
  let opened: Target | undefined;
  return {
    module: {
      ...module,
      programOf(target) {
        opened ??= ifOpened(openProgram);
        if (!opened) return undefined;
        const by = opened.binary ? `by its file ${opened.binary.info.path}` : 'by what the image alone tells';
        const warning = `${moduleText(module)}: that program’s heap is shown, ${by}`;
        return { ...opened, warnings: [warning, ...opened.warnings], close: () => target.close() };
      },
    },
    close: () => opened?.close(),
  };
}

/** What is told of a binary that is a plugin. */
export const moduleText = ({ path, program }: Pick<ModuleFile, 'path' | 'program'>): string =>
  `${path} is a plugin of ${program === undefined ? 'the image’s program' : `the program ${program}`}, which has the runtime and the heap`;

function ifOpened(open: () => Target): Target | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

/** Which program (or library) it is, and where it stands. */
export function programId(ids: BuildIds | undefined, bias: number | undefined): Target['program'] {
  const build = ids?.go ? `go:${ids.go}` : ids?.gnu ? `gnu:${ids.gnu}` : undefined;
  return build === undefined || bias === undefined ? undefined : { build, bias };
}

export const holderOf = ({ path, ids }: MappedModule): Holder => ({ path, ids, isProgram: false });

/** What is told of a file that is not here. */
export function withoutBinary({ path, isProgram }: Holder): string {
  const what = isProgram ? 'binary' : 'library';
  const [which, as] = [path === undefined ? '' : `, which was ${path},`, isProgram ? '' : ' as the binary'];
  return `there is no binary: functions may have no names here, and addresses in code no lines; name the Go ${what}${which}${as} beside the image`;
}

/** The target without a binary and with the runtime in `module`. */
function seenIn(target: Target, module: MappedModule, go: TargetGo | undefined, warnings: readonly string[]): Target {
  const holder = holderOf(module);
  return {
    ...target,
    binary: undefined,
    matches: 'not checked',
    go,
    holder,
    program: programId(module.ids, module.bias),
    warnings: [withoutBinary(holder), ...warnings],
    dataRanges: module.data.all,
    variableRanges: module.data.variablesFirst,
    moduleSection: undefined,
    elsewhere: {
      ...target.elsewhere,
      others: () => target.elsewhere.others().filter(({ path }) => path !== module.path),
    },
    symbols: () => new Map(),
    symbolAt: () => undefined,
    dwarf: () => undefined,
    dwarfVariable: () => undefined,
  };
}
