// What fixtures/matrix.mjs prepared, the built program, and the independent reader. Knows nothing of what is compared.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

interface Manifest {
  /** `--quick`: fewer guests and rounds. */
  readonly quick?: boolean;
  /** The built reader of fixtures/truth. */
  readonly truth: string;
  /** Folders with server, core or regions.txt, stdout.json, image.json. */
  readonly images: readonly string[];
  /** The same of programs built with -s -w, with `twin`, the same program with symbols and DWARF; absent where they were not prepared. */
  readonly stripped?: readonly string[];
  /** Binaries of fixtures/programs/layoutprobe, named go1.22.12-amd64. */
  readonly layouts: readonly string[];
  /** Programs of fixtures/programs/livechurn, by release; absent where they were not prepared. */
  readonly live?: readonly string[];
  /** Folders with server, core, stdout.json, diagnosis.json: a state of the collector that the findings must name, or must not. */
  readonly diagnoses?: readonly string[];
  /** Folders with server, cores and stops.json: programs stopped inside the allocator. */
  readonly allocs?: readonly string[];
  /** The built fixtures/panicparse; absent where the module proxy was not reached. */
  readonly panicparse?: string;
  /** Folders like those of images: programs whose stacks are hard to show. */
  readonly shapes?: readonly string[];
  /** Folders like those of images: programs that have not collected yet. */
  readonly young?: readonly string[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

export interface PreparedImage {
  readonly name: string;
  /** How it was taken; those by `gdb` ran on after they had printed. */
  readonly how: string;
  readonly goarch: string;
  /** Whether the sums over its spans are what the program had printed: no thread started in between. */
  readonly settled: boolean;
  readonly server: string;
  /** The binary with symbols and DWARF: the server itself, or beside a stripped one its twin. */
  readonly twin: string;
  readonly core?: string;
  /** The list of raw regions, instead of a core. */
  readonly regions?: string;
  /** Binary and image as spanscope and the reader take them on their command lines. */
  readonly files: readonly string[];
  readonly printed: Readonly<Record<string, unknown>>;
}

/** One mspan as `truth spans` reads it: every scalar of the struct, flattened, in decimal or `0x…`. */
export interface TruthRow {
  readonly index: number;
  readonly addr: string;
  readonly heapSweepgen: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly allocBits: string;
  readonly gcmarkBits: string;
  readonly inlineMarks: string;
  readonly missing?: readonly string[];
}

export interface TruthStruct {
  readonly size: number;
  readonly fields: Readonly<Record<string, { readonly offset: number; readonly size: number; readonly type: string }>>;
}

const manifestPath = process.env.SPANSCOPE_MATRIX;
if (manifestPath === undefined) throw new Error('these tests are started by `npm run test:matrix`');
export const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest;

function preparedImage(folder: string, twin: string): PreparedImage {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
  const { how, image, goarch, settled } = read('image.json') as {
    how: string;
    image: string;
    goarch: string;
    settled?: boolean;
  };
  const server = join(folder, 'server');
  const where = join(folder, image);
  return {
    name: basename(folder),
    how,
    goarch,
    settled: settled === true,
    server,
    twin: join(folder, twin),
    ...(image === 'regions.txt'
      ? { regions: where, files: [server, '--regions', where] }
      : { core: where, files: [server, where] }),
    printed: read('stdout.json'),
  };
}

export const images: readonly PreparedImage[] = manifest.images.map((folder) => preparedImage(folder, 'server'));
export const shapes: readonly PreparedImage[] = (manifest.shapes ?? []).map((folder) =>
  preparedImage(folder, 'server'),
);
export const youngImages = (manifest.young ?? []).map((folder) => preparedImage(folder, 'server'));
export const strippedImages = (manifest.stripped ?? []).map((folder) => preparedImage(folder, 'twin'));

function output(program: string, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 30 });
  if (done.error) throw done.error;
  return done;
}

/** The program under test: the built one, or another (an installed one) by SPANSCOPE_CLI. */
const program = process.env.SPANSCOPE_CLI ?? 'dist/cli.js';

/** Runs the program; throws with its stderr where it does not exit 0. */
export function spanscope(args: readonly string[]): string {
  const { status, stdout, stderr } = output(process.execPath, [program, ...args]);
  if (status !== 0) throw new Error(`spanscope ${args.join(' ')}: exit ${status}\n${stderr}${stdout.slice(0, 2000)}`);
  return stdout;
}

export function spanscopeJson<T>(args: readonly string[]): T {
  return JSON.parse(spanscope([...args, '--json'])) as T;
}

function truth(args: readonly string[]): string {
  const { status, stdout, stderr } = output(manifest.truth, args);
  if (status !== 0) throw new Error(`truth ${args.join(' ')}: ${stderr}`);
  return stdout;
}

export function parseLines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

export function truthRows(image: PreparedImage): TruthRow[] {
  return parseLines(truth(['spans', ...truthFiles(image)]));
}

export function truthStructs(binary: string): Record<string, TruthStruct> {
  return JSON.parse(truth(['structs', binary])) as Record<string, TruthStruct>;
}

/** The image with the binary that has DWARF. */
function truthFiles({ twin, core, regions }: PreparedImage): string[] {
  return regions === undefined ? [twin, core!] : ['--regions', regions, twin];
}

/** Variables of the runtime, whole: every scalar by path, `&` the address. */
export function truthGlobals(image: PreparedImage, names: readonly string[]): Record<string, Record<string, string>> {
  return JSON.parse(truth(['globals', ...truthFiles(image), ...names])) as Record<string, Record<string, string>>;
}

/** runtime.gcphase: 0 off, 1 mark, 2 mark termination. */
export function truthGcPhase(image: PreparedImage): number {
  return Number(truthGlobals(image, ['gcphase']).gcphase?.['']);
}
