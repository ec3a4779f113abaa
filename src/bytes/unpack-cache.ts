// Compressed files unpacked into sparse files: kept in a cache folder while their source is unchanged, or for one run. Several runs at once do not disturb each other:
// each writes a file of its own and renames it into place. Which folder that is, and who is told of progress, the caller decides.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, renameSync, rmSync, statfsSync, statSync, utimesSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Compression, unpackCommand } from './compression.js';
import { decompress } from './decompress.js';
import { InspectError } from './errors.js';
import { FileSource } from './file-source.js';
import { makeFolder } from './make-folder.js';
import { SparseWriter } from './sparse-writer.js';

export interface UnpackOptions {
  /** Where unpacked files are kept. Made where it is not there. */
  readonly folder: string;
  /** False: the file is for this run, and the caller removes it. */
  readonly keep: boolean;
  /** The longest file that is made, 64 GiB unless told; less where the input is so small that nothing true could be so long. */
  readonly mostBytes?: number;
  /** Compressed bytes done, and all of them. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Unpacked {
  readonly path: string;
  /** The caller removes it at the end. */
  readonly temporary: boolean;
  /** Why the unpacked file ends before its time: the input is cut or damaged there. */
  readonly damage: string | undefined;
}

const MOST_BYTES = 64 * 2 ** 30;
/** Real images unpack to about 3000 times their size at most (gcore's reserved zeros); what grows more, above a size that does no harm, is made to do harm. */
const MOST_RATIO = 5000;
const HARMLESS_BYTES = 4 * 2 ** 30;
/** Left free on the disk. */
const RESERVE_BYTES = 512 * 2 ** 20;
/** Bounds of the cache: disk space, files, and how long a file is left alone since it was last used. */
const CACHE_BYTES = 20 * 2 ** 30;
const CACHE_FILES = 32;
const FRESH_MS = 10 * 60_000;
const SUFFIX = '.unpacked';
const PARTIAL = /^\.(\d+)-[0-9a-f]+\.partial$/;

/** The unpacked file. Throws InspectError: `too-large`, `truncated` or `malformed` where nothing could be unpacked, `no-permission`, `read-failed`. */
export async function unpackFile(path: string, compression: Compression, options: UnpackOptions): Promise<Unpacked> {
  makeCacheFolder(options.folder);
  const kept = join(options.folder, cacheName(path));
  if (options.keep) {
    removeLeftovers(options.folder);
    if (touch(kept)) return { path: kept, temporary: false, damage: undefined };
  }
  const partial = join(options.folder, `.${process.pid}-${hashOf(`${path} ${performance.now()}`)}.partial`);
  try {
    const damage = await unpackInto(partial, path, compression, options);
    if (damage !== undefined || !options.keep) return { path: partial, temporary: true, damage };
    renameSync(partial, kept);
    prune(options.folder, kept);
    return { path: kept, temporary: false, damage: undefined };
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** Unpacks; what is wrong with the input where something could be unpacked all the same. */
async function unpackInto(
  partial: string,
  path: string,
  compression: Compression,
  { folder, mostBytes = MOST_BYTES, onProgress }: UnpackOptions,
): Promise<string | undefined> {
  const source = FileSource.open(path);
  const fd = openSync(partial, 'wx', 0o600);
  try {
    const { bavail, bsize } = statfsSync(folder);
    const writer = new SparseWriter(fd, path, {
      mostBytes: Math.min(mostBytes, Math.max(HARMLESS_BYTES, MOST_RATIO * source.size)),
      mostStored: Math.max(0, bavail * bsize - RESERVE_BYTES),
    });
    let damage: string | undefined;
    try {
      await decompress(compression, {
        source,
        emit: (bytes) => writer.write(bytes),
        onRead: (done) => onProgress?.(done, source.size),
      });
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      if (error.code === 'too-large')
        throw new InspectError(
          error.code,
          error.subject,
          error.why,
          `unpack it yourself: ${unpackCommand(compression, path)}`,
        );
      if (writer.size === 0) throw error;
      damage = error.why;
    }
    if (writer.size === 0) throw new InspectError('empty-file', path, `holds an empty file (${compression})`);
    writer.finish();
    return damage;
  } finally {
    closeSync(fd);
    source.close();
  }
}

/** Named by the source's path, size and time of change: another state of the source is another file. */
function cacheName(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  const stem = basename(path)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 60);
  return `${stem}-${hashOf([resolve(path), size, mtimeMs, ino].join('\n'))}${SUFFIX}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

function makeCacheFolder(folder: string): void {
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    throw new InspectError(
      'no-permission',
      folder,
      `can’t be made (${code})`,
      '--no-cache unpacks into a temporary file',
    );
  }
}

/** True if the kept file is there; it is then marked as just used. */
function touch(file: string): boolean {
  try {
    utimesSync(file, new Date(), new Date());
    return true;
  } catch {
    return false;
  }
}

/** Files of runs that were killed before they had finished. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = PARTIAL.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Removes what was longest not used until the cache is within its bounds. */
function prune(folder: string, justMade: string): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .flatMap((name) => {
      const path = join(folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ path, usedMs: stat.mtimeMs, bytes: stat.blocks * 512 }];
    })
    .sort((a, b) => b.usedMs - a.usedMs);
  let bytes = 0;
  for (const [i, file] of files.entries()) {
    bytes += file.bytes;
    const fresh = Date.now() - file.usedMs < FRESH_MS;
    if ((bytes > CACHE_BYTES || i >= CACHE_FILES) && !fresh && file.path !== justMade)
      rmSync(file.path, { force: true });
  }
}
