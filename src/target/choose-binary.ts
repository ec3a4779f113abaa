// Which Go binary an image is read with: the one that was given, else the program that the image names, else, where that is none of Go's, the Go library that it has loaded.
// Where no file of that is at hand, which of the image's files Go is in.
import { basename } from 'node:path';
import { InspectError } from '../bytes/errors.js';
import { type BuildIds, readBuildIds, sameBuild } from '../elf/build-ids.js';
import { hasBuildInfo } from '../gosym/build-info.js';
import { mainMapping } from '../image/memory-source.js';
import type { OpenedElf } from './classify.js';
import { dataRanges } from './data-ranges.js';
import { goModules, type MappedModule, unmarkedModules } from './go-modules.js';
import { goEvidence } from './go-of.js';
import { type NamedFiles, namedGoLibrary, namedProgram } from './named-files.js';
import { placeInImage } from './program-place.js';

export interface ChosenBinary {
  /** Undefined where no file of the Go code is at hand. */
  readonly binary: OpenedElf | undefined;
  /** The image's file that Go is in, where that is not its program, and its file is not at hand. */
  readonly module?: MappedModule;
  /** Go is in the image's program, as far as anything says where it is. */
  readonly isProgram: boolean;
  /** Where nothing marks any of the image's files as Go's, and some may be: what is to be said if no runtime is found in one of them. */
  readonly otherwise?: InspectError;
}

export interface BinaryChoice {
  /** The binary that the user named. */
  readonly given: OpenedElf | undefined;
  /** What a live process runs. */
  readonly running: OpenedElf | undefined;
  /** What the binary is called in a refusal. */
  readonly subject: (binary: OpenedElf) => string;
  /** The image and where its files are looked for; undefined for a binary alone, and for images that name no files. */
  readonly image: NamedFiles | undefined;
  /** The build IDs of the program, as the image holds them. */
  readonly ids: BuildIds | undefined;
  readonly hasImage: boolean;
}

/** Throws InspectError `not-go` where the binary is none of Go's and the image has no Go in another of its files. */
export function chooseBinary({ given, running, subject, image, ids, hasImage }: BinaryChoice): ChosenBinary {
  const program = given ?? running ?? (image && namedProgram(image));
  if (program && goEvidence(program.elf).length > 0) return { binary: program, isProgram: true };
  const refusal = program && notGo(subject(program), program, hasImage);
  const isProgram = !program || program !== given || (image !== undefined && belongs(given, image, ids));
  if (!image || !isProgram) {
    if (refusal) throw refusal;
    return { binary: undefined, isProgram: true };
  }
  if (!program && isGo(image, ids)) return { binary: undefined, isProgram: true };
  const library = namedGoLibrary(image);
  const module = library ? undefined : goModules(image)[0];
  if (refusal && !library && !module && unmarkedModules(image).length === 0) throw refusal;
  if (program !== running) program?.source.close();
  if (library || module) return { binary: library, isProgram: false, ...(module ? { module } : {}) };
  return { binary: undefined, isProgram: false, ...(refusal ? { otherwise: refusal } : {}) };
}

/** Whether the image's program is Go's, though its file is not there: by its build ID, by the build info in its data. */
function isGo({ core, memory }: NamedFiles, ids: BuildIds | undefined): boolean {
  return ids?.go !== undefined || hasBuildInfo(memory, dataRanges(placeInImage(core, memory), memory).variablesFirst);
}

/** Whether a binary without Go is the image's program: by its build ID; where one of both has none, by its name. */
function belongs({ path, elf }: OpenedElf, { core }: NamedFiles, ids: BuildIds | undefined): boolean {
  const same = ids && sameBuild(readBuildIds(elf), ids);
  const main = mainMapping(core);
  return same ?? (main !== undefined && basename(main.path) === basename(path));
}

function notGo(subject: string, { elf }: OpenedElf, hasImage: boolean): InspectError {
  const why = 'is not a Go program: it has no Go build ID, no build info and no pclntab';
  const hint = elf.problems[0] ?? (hasImage ? 'name the Go binary that the image was taken of' : undefined);
  return new InspectError('not-go', subject, why, hint);
}
