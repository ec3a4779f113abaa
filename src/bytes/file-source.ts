// A regular file as a ByteSource. Knows how the operating system refuses files and says it as an InspectError; keeps nothing in memory.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { ByteSource } from './byte-source.js';
import { InspectError } from './errors.js';

export class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  #fd: number | undefined;

  private constructor(name: string, size: number, fd: number) {
    this.name = name;
    this.size = size;
    this.#fd = fd;
  }

  /**
   * Opens a regular file for reading. Throws InspectError: `not-found`, `no-permission`, `not-a-file` (a directory, a device, a pipe:
   * looked at before it is opened, because opening a pipe would wait), `empty-file`, `read-failed`. `name` is what messages call it.
   */
  static open(path: string, name = path): FileSource {
    try {
      refuseOtherThanFile(name, statSync(path));
      const fd = openSync(path, 'r');
      try {
        const stat = fstatSync(fd);
        refuseOtherThanFile(name, stat);
        if (stat.size === 0) throw new InspectError('empty-file', name, 'is empty');
        return new FileSource(name, stat.size, fd);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
    } catch (error) {
      throw asInspectError(name, error);
    }
  }

  read(offset: number, target: Uint8Array): number {
    if (this.#fd === undefined) throw new InspectError('read-failed', this.name, 'is closed');
    const wanted = Math.min(target.length, Math.max(0, this.size - offset));
    let done = 0;
    try {
      while (done < wanted) {
        const got = readSync(this.#fd, target, done, wanted - done, offset + done);
        if (got === 0) break;
        done += got;
      }
    } catch (error) {
      throw asInspectError(this.name, error, `reading ${wanted} bytes at offset ${offset} failed`);
    }
    return done;
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function refuseOtherThanFile(path: string, stat: { isFile(): boolean; isDirectory(): boolean }): void {
  if (stat.isFile()) return;
  throw new InspectError('not-a-file', path, stat.isDirectory() ? 'is a directory' : 'is not a regular file');
}

function asInspectError(path: string, error: unknown, doing?: string): InspectError {
  if (error instanceof InspectError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new InspectError('not-found', path, 'no such file');
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'ERR_INVALID_ARG_VALUE':
      return new InspectError('not-found', path, 'is not a usable path');
    case 'EACCES':
    case 'EPERM':
      return new InspectError('no-permission', path, 'no permission to read it');
    case 'EISDIR':
      return new InspectError('not-a-file', path, 'is a directory');
    default:
      return new InspectError('read-failed', path, `${doing ?? 'cannot be opened'} (${code || 'unknown cause'})`);
  }
}
