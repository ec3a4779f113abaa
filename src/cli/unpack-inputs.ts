// Unpacks the compressed files that a command line names, before anything is opened. Decides where unpacked files are kept, and draws the progress. Files that are not
// compressed cost a look at a few bytes.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectError } from '../bytes/errors.js';
import { compressionOfFile } from '../bytes/open-source.js';
import { parseRawArgument, readRegionList } from '../image/raw-image.js';
import { printable } from '../output/format.js';
import type { Invocation } from './command.js';
import { writeFully } from './stdout.js';

export interface UnpackedInputs {
  /** The unpacked file by the path that the command line names. */
  readonly files: Readonly<Record<string, string>>;
  /** Removes what was made for this run only. */
  readonly cleanUp: () => void;
}

/** Unpacks what `operands` and the list of regions name. Throws InspectError for what can't be unpacked; a file that is cut or damaged is used as far as it goes, and said. */
export async function unpackInputs({
  operands,
  options,
  warn,
}: Pick<Invocation, 'operands' | 'options' | 'warn'>): Promise<UnpackedInputs> {
  const paths = [...new Set([...operands.flatMap(pathOf), ...listed(options.open.regions)])];
  const compressed = paths.flatMap((path) => {
    const compression = compressionOfFile(path);
    return compression === undefined ? [] : [{ path, compression }];
  });
  if (compressed.length === 0) return { files: {}, cleanUp: () => undefined };
  const { unpackFile } = await import('../bytes/unpack-cache.js');
  const folder = options.cache ? cacheFolder() : mkdtempSync(join(tmpdir(), 'spanscope-unpack-'));
  const temporary: string[] = options.cache ? [] : [folder];
  const cleanUp = () => {
    for (const path of temporary.splice(0)) rmSync(path, { recursive: true, force: true });
  };
  const stopped = (signal: NodeJS.Signals) => {
    cleanUp();
    for (const name of SIGNALS) process.removeListener(name, stopped);
    process.kill(process.pid, signal);
  };
  process.on('exit', cleanUp);
  for (const name of SIGNALS) process.on(name, stopped);
  const files: Record<string, string> = {};
  try {
    for (const { path, compression } of compressed) {
      const progress = options.quiet || !process.stderr.isTTY ? undefined : progressLine(path);
      try {
        const { path: unpacked, ...rest } = await unpackFile(path, compression, {
          folder,
          keep: options.cache,
          ...(progress === undefined ? {} : { onProgress: progress.draw }),
        });
        files[path] = unpacked;
        if (rest.temporary) temporary.push(unpacked);
        if (rest.damage !== undefined) warn(`${path}: ${rest.damage}: what could be unpacked before is used`);
      } finally {
        progress?.clear();
      }
    }
  } catch (error) {
    cleanUp();
    throw error;
  } finally {
    for (const name of SIGNALS) process.removeListener(name, stopped);
  }
  return { files, cleanUp };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The file of an operand: itself, or what stands before the `@` of a raw region. */
function pathOf(operand: string): string[] {
  if (existsSync(operand)) return [operand];
  try {
    const path = parseRawArgument(operand)?.path;
    return path === undefined ? [] : [path];
  } catch (error) {
    if (error instanceof InspectError) return [];
    throw error;
  }
}

/** The files of a list of regions; what is wrong with the list is said when it is opened. */
function listed(list: string | undefined): string[] {
  if (list === undefined) return [];
  try {
    return readRegionList(list).map(({ path }) => path);
  } catch (error) {
    if (error instanceof InspectError) return [];
    throw error;
  }
}

/** Where the system keeps what a program can make again. */
export function cacheFolder(): string {
  const { env, platform } = process;
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'spanscope', 'Cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'spanscope');
  // The specification wants a relative path to be taken for none.
  const base = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(base, 'spanscope');
}

const REDRAW_MS = 100;

/** One line on stderr that is drawn over itself. */
function progressLine(path: string): {
  readonly draw: (done: number, total: number) => void;
  readonly clear: () => void;
} {
  const name = printable(path, 60);
  let drawn = 0;
  let shown = false;
  return {
    draw(done, total) {
      const now = performance.now();
      if (now - drawn < REDRAW_MS) return;
      drawn = now;
      shown = true;
      writeFully(2, Buffer.from(`\rspanscope: unpacking ${name}: ${Math.floor((100 * done) / total)} %`));
    },
    clear() {
      if (shown) writeFully(2, Buffer.from('\r\x1b[2K'));
    },
  };
}
