// One opened thing: a binary, an image, or both, with arch, Go version and whatever leads to symbols. Knows nothing of the heap.
import type { InspectError } from '../bytes/errors.js';
import type { Dwarf } from '../dwarf-parser/index.js';
import type { BuildIds } from '../elf/build-ids.js';
import type { CoreThread } from '../elf/core.js';
import type { ElfFile } from '../elf/elf-file.js';
import type { NearSymbol } from '../elf/symbol-index.js';
import type { Memory } from '../image/memory.js';
import type { Footprint, ResidentMapping } from '../image/proc-footprint.js';
import type { LiveProcess } from './live.js';

/** What `overview` says of the binary. */
export interface TargetBinaryInfo {
  readonly path: string | null;
  readonly goBuildId: string | null;
  readonly gnuBuildId: string | null;
  /** `EXEC` or `PIE`, `stripped`, `no DWARF`. */
  readonly kind: string;
  readonly hasDwarf: boolean;
  readonly hasSymbols: boolean;
}

export interface TargetGo {
  /** `go1.26.5`; `unknown` where it could not be found. */
  readonly version: string;
  readonly experiments: readonly string[];
  readonly os: string;
  readonly arch: string;
  readonly source: string;
  /** Where nothing but the text of a string variable tells the version: another that the program names may be taken for its own. */
  readonly byText?: true;
  /** Where nothing in the target tells the version, and it was guessed. */
  readonly guessed?: GuessedRelease;
}

export interface GuessedRelease {
  /** What else the image may be of, release lines like `go1.22`. */
  readonly equal: readonly string[];
  /** Fields, by struct, that stand at different places in patches of its line that fit as well: they are not read. */
  readonly unsure?: Readonly<Record<string, readonly string[]>>;
}

export interface MissingPart {
  readonly start: number;
  readonly end: number;
  readonly why: string;
}

export interface TargetImage {
  /** `kernel core`, `gcore`, `core`, `raw image`, `live process`. */
  readonly kind: string;
  readonly path: string;
  /** Apparent size of the image's files in bytes. */
  readonly bytes: number;
  readonly segments: number;
  readonly missing: readonly MissingPart[];
  /** The program that the image says it was taken of, by its path then and there. */
  readonly program: string | undefined;
}

/** The image's file that Go is in, or is taken to be in, where no file of it is at hand. */
export interface Holder {
  /** As the image names it; undefined where it does not. */
  readonly path: string | undefined;
  /** As far as the image holds them. */
  readonly ids: BuildIds;
  /** It is the program that the image was taken of; else one of the libraries that it had loaded. */
  readonly isProgram: boolean;
}

/** A file of the image in which Go is, or may be, besides the one that is shown. */
export interface OtherPlace {
  /** As the image names it. */
  readonly path: string;
  readonly ids: BuildIds;
  /** Its writable data. Ascending. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  /** The target without a binary, and with the runtime in this file. */
  seen(target: Target): Target;
}

/** What else of the image may hold a runtime. Each is looked for at the call. */
export interface Elsewhere {
  /** The other files that are marked as Go's: libraries, plugins. Beside a Go program those only that have a Go build ID in the image. */
  others(): readonly OtherPlace[];
  /** Where to look where the target itself has no runtime: empty where a binary, or its program's mark, says where it must be. */
  candidates(): readonly OtherPlace[];
  /** What is to be said where none of them has one either. */
  readonly refusal: InspectError | undefined;
  /** Where the binary is not the image's program but a file that it has mapped, and may be a module of it (a plugin). */
  readonly module: ModuleFile | undefined;
  /** Closes what was opened here. */
  close(): void;
}

/** A binary that is a file of the image and not its program. */
export interface ModuleFile {
  /** As the user named it. */
  readonly path: string;
  /** The image's program by its path then and there; undefined where the image does not name it. */
  readonly program: string | undefined;
  /** Its writable data. Ascending. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  /** `target` with the image's program in the binary's place: its file if it is at hand, else what the image has of it. Says which file was given instead. Undefined where that can't be opened. */
  programOf(target: Target): Target | undefined;
}

export interface Target {
  /** The image's memory with the binary's read-only parts beneath it; for a binary alone, the binary's own bytes. */
  readonly memory: Memory;
  readonly image: TargetImage | undefined;
  /** The process, where the image is one that lives. */
  readonly live: LiveProcess | undefined;
  readonly binary: { readonly info: TargetBinaryInfo; readonly elf: ElfFile } | undefined;
  /** Where there is no binary beside the image: what is known of the file that is missing. */
  readonly holder: Holder | undefined;
  readonly elsewhere: Elsewhere;
  /** How it is known that both belong together. */
  readonly matches: 'go' | 'gnu' | 'not checked';
  /** Undefined where nothing tells the version. */
  readonly go: TargetGo | undefined;
  /** Of the ELF header, as Go names it; `unknown` where that is none of Go's. */
  readonly goarch: string;
  readonly warnings: readonly string[];
  /** How things were found, a line each, for `--trace`. */
  readonly trace: readonly string[];
  /** Addresses in the image (load bias added) of the symbols that the binary's symbol table has. */
  symbols(names: readonly string[]): ReadonlyMap<string, number>;
  /** The binary's symbol at or before an address in the image, with its address there; undefined where there is none or the load bias is not known. */
  symbolAt(address: number): NearSymbol | undefined;
  /** Which program it is, by its build ID, and where it was loaded; undefined where one of both is not known. */
  readonly program: { readonly build: string; readonly bias: number } | undefined;
  /** The auxiliary vector by AT_ type; empty where the image has none. */
  readonly auxv: ReadonlyMap<number, bigint>;
  /**
   * The threads with their registers, as a core's notes have them; none of a raw image. Of a live process, as they are at the first call: nothing is traced, so only PC and SP are known, and
   * not of threads that run. Throws InspectError `read-failed` where it is gone.
   */
  threads(): readonly CoreThread[];
  /** What Linux says of its memory: of a live process now, else as `--proc DIR` has it; undefined where nothing is told. */
  footprint(): Footprint | undefined;
  /** What is resident of the mapping at an address, by smaps; undefined where that is not known. */
  residentAt(address: number): ResidentMapping | undefined;
  /** The environment block as `--proc DIR` has it: `NAME=value`, each ended by a zero byte. */
  readonly savedEnviron: Uint8Array | undefined;
  /** The program's writable data in the image: the binary's writable segments; without a binary, what may be. Ascending. */
  readonly dataRanges: readonly { readonly start: number; readonly end: number }[];
  /** The same in the order in which variables are looked for: what holds constants alone comes last. */
  readonly variableRanges: readonly { readonly start: number; readonly end: number }[];
  /** Where the binary's sections say that runtime.firstmoduledata stands in the image (`.go.module`, 1.26+); undefined where none does. */
  readonly moduleSection: number | undefined;
  /** The binary's debug info, opened at the first call; undefined where it has none. */
  dwarf(): Dwarf | undefined;
  /** Address in the image of a variable that the debug info knows. */
  dwarfVariable(name: string): number | undefined;
  close(): void;
}
