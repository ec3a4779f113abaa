// One debug section read through a moving window, so that a question about one unit does not read the other 60 MB.
// The window starts small after a jump and grows while reads go on where it ended.

import { DwarfError } from './errors.js';
import type { DwarfSections } from './types.js';

const LARGEST_WINDOW = 256 * 1024;
const GROWTH = 4;

export class Section {
  readonly name: string;
  readonly size: number;
  readonly littleEndian: boolean;
  /** Bytes asked of `sections.read` so far. */
  bytesRead = 0;
  /** The present window and the section offset of its first byte. */
  window: Buffer = Buffer.alloc(0);
  windowStart = 0;
  private readonly sections: DwarfSections;
  private readonly firstWindow: number;
  private windowBytes: number;

  /**
   * `firstWindow`: bytes read after a jump. A section that the object has not is empty: every read fails with a DwarfError
   * that says so.
   */
  constructor(sections: DwarfSections, name: string, littleEndian: boolean, firstWindow: number) {
    this.firstWindow = firstWindow;
    this.windowBytes = firstWindow;
    this.sections = sections;
    this.name = name;
    this.size = sections.size(name) ?? 0;
    this.littleEndian = littleEndian;
  }

  /** Makes the window hold [offset, offset+length), or throws. Reads ahead, but not beyond `end`. */
  load(offset: number, length: number, end: number): void {
    const windowEnd = this.windowStart + this.window.length;
    if (offset >= this.windowStart && offset + length <= windowEnd) {
      return;
    }
    if (offset + length > this.size) {
      throw new DwarfError(this.name, offset, `${length} more bytes in a section of ${this.size}`);
    }
    const goesOn = this.window.length > 0 && offset >= this.windowStart && offset <= windowEnd;
    this.windowBytes = goesOn ? Math.min(this.windowBytes * GROWTH, LARGEST_WINDOW) : this.firstWindow;
    const want = Math.max(length, Math.min(this.windowBytes, end - offset));
    const bytes = this.sections.read(this.name, offset, want);
    this.bytesRead += bytes.length;
    this.window = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.windowStart = offset;
    if (bytes.length < length) {
      throw new DwarfError(this.name, offset, `${length} more bytes, the section was cut after ${bytes.length}`);
    }
  }
}
