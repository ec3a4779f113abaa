// Text of string attributes, wherever it stands: in the DIE, in .debug_str, .debug_line_str or behind .debug_str_offsets.

import { Cursor } from './cursor.js';
import { DwarfError } from './errors.js';
import type { AttributeValue, Encoding } from './forms.js';
import type { Section } from './section.js';

/** How many bytes of text a byte of .debug_info may lead to, and what is free. Real files stay below 4. */
const TEXT_PER_INFO_BYTE = 8;
const FREE_TEXT = 1 << 20;

export class Strings {
  private readonly str: Section;
  private readonly lineStr: Section;
  private readonly strOffsets: Section;
  private left = FREE_TEXT;

  constructor(str: Section, lineStr: Section, strOffsets: Section) {
    this.str = str;
    this.lineStr = lineStr;
    this.strOffsets = strOffsets;
  }

  get bytesRead(): number {
    return this.str.bytesRead + this.lineStr.bytesRead + this.strOffsets.bytesRead;
  }

  /**
   * Begins a piece of work over so many bytes of .debug_info. Many references to one long string would else cost far more
   * than the file is large.
   */
  allow(infoBytes: number): void {
    this.left = FREE_TEXT + TEXT_PER_INFO_BYTE * infoBytes;
  }

  /** Undefined where the value is no string, or stands in a file that is not there. */
  text(value: AttributeValue, unit: { encoding: Encoding; strOffsetsBase: number }): string | undefined {
    switch (value.kind) {
      case 'string':
        return value.text;
      case 'string-offset':
        return this.at(value.section === 'str' ? this.str : this.lineStr, value.offset);
      case 'string-index': {
        const { offsetSize } = unit.encoding;
        const entry = new Cursor(this.strOffsets, unit.strOffsetsBase + value.index * offsetSize);
        return this.at(this.str, entry.size(offsetSize));
      }
      default:
        return undefined;
    }
  }

  private at(section: Section, offset: number): string {
    const cursor = new Cursor(section, offset);
    const text = cursor.cstring();
    this.left -= cursor.offset - offset;
    if (this.left < 0) {
      throw new DwarfError(section.name, offset, 'fewer references to long strings');
    }
    return text;
  }
}
