// Writes .debug_* sections from a few lines of DIEs, for cases that compilers seldom produce, and broken ones. Shares no code with
// the reader but its table of numbers.

import { AT, FORM, TAG } from '../../src/dwarf-parser/constants.js';
import type { DwarfSections } from '../../src/dwarf-parser/index.js';
import { Bytes, sleb, uleb } from './dwarf-bytes.js';

export { AT, FORM, TAG };

/** A reference to the DIE with that label. */
export interface Label {
  readonly label: string;
}

type Value = number | bigint | string | boolean | Uint8Array | Label | readonly [form: number, value: Value];
export type Attr = readonly [attribute: number, form: number, value: Value];

export interface DieSpec {
  readonly tag: number;
  readonly attributes: readonly Attr[];
  readonly children: readonly DieSpec[];
  readonly label: string | undefined;
  /** Leaves out the null entry after the children. */
  readonly unended?: boolean;
}

export interface UnitSpec {
  readonly root: DieSpec;
  /** @default 5 */
  readonly version?: number;
  /** @default 8 */
  readonly addressSize?: number;
  readonly dwarf64?: boolean;
  /** DWARF 5's type units: the signature, and the label of the type. @default a compile unit */
  readonly signature?: bigint;
  readonly signedType?: string;
}

export interface Written {
  readonly littleEndian: boolean;
  /** By bare name. Change bytes to break things. */
  readonly bytes: Record<string, Uint8Array>;
  /** .debug_info offsets by label. */
  readonly labels: ReadonlyMap<string, number>;
}

export function die(
  tag: number,
  attributes: readonly Attr[],
  children: readonly DieSpec[] = [],
  label?: string,
): DieSpec {
  return { tag, attributes, children, label };
}

export function to(label: string): Label {
  return { label };
}

/** A compile unit named `name` in the form that every version has. */
export function unit(
  name: string,
  children: readonly DieSpec[],
  options: Omit<UnitSpec, 'root'> = {},
  attributes: readonly Attr[] = [],
): UnitSpec {
  return { root: die(0x11, [[AT.name, FORM.string, name], ...attributes], children), ...options };
}

/** Indexes into .debug_str_offsets and .debug_addr count from behind one header, which `strOffsetsBase` and `addrBase` skip. */
export const baseOf = (dwarf64: boolean): number => (dwarf64 ? 16 : 8);

interface Fixup {
  readonly at: number;
  readonly width: number;
  readonly label: string;
  /** Subtracted from the label's offset. */
  readonly from: number;
  readonly leb?: boolean;
}

class Writer {
  readonly littleEndian: boolean;
  readonly info: Bytes;
  readonly abbrev: Bytes;
  readonly str: Bytes;
  readonly lineStr: Bytes;
  readonly strOffsets: Bytes;
  readonly addr: Bytes;
  readonly labels = new Map<string, number>();
  private readonly fixups: Fixup[] = [];
  private readonly codes = new Map<string, number>();
  private strings = 0;
  private addresses = 0;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
    this.info = new Bytes(littleEndian);
    this.abbrev = new Bytes(littleEndian);
    this.str = new Bytes(littleEndian);
    this.lineStr = new Bytes(littleEndian);
    this.strOffsets = new Bytes(littleEndian);
    this.addr = new Bytes(littleEndian);
    this.str.cstring('');
  }

  unit(spec: UnitSpec): void {
    const { version = 5, addressSize = 8, dwarf64 = false } = spec;
    const offsetSize = dwarf64 ? 8 : 4;
    const start = this.info.length;
    if (this.strOffsets.length === 0) {
      this.strOffsets.add(new Uint8Array(baseOf(dwarf64)));
      this.addr.add(new Uint8Array(baseOf(dwarf64)));
    }
    if (dwarf64) {
      this.info.int(0xffffffff, 4);
    }
    const lengthAt = this.info.length;
    this.info.int(0, offsetSize);
    this.info.int(version, 2);
    if (version >= 5) {
      this.info.int(spec.signature === undefined ? 1 : 2, 1);
      this.info.int(addressSize, 1);
      this.info.int(0, offsetSize);
      if (spec.signature !== undefined) {
        this.info.int(spec.signature, 8);
        this.fixups.push({ at: this.info.length, width: offsetSize, label: spec.signedType ?? '', from: start });
        this.info.int(0, offsetSize);
      }
    } else {
      this.info.int(0, offsetSize);
      this.info.int(addressSize, 1);
    }
    this.die(spec.root, { start, version, addressSize, offsetSize });
    this.info.int(this.info.length - lengthAt - offsetSize, offsetSize, lengthAt);
  }

  finish(): Written {
    this.abbrev.add([0]);
    for (const { at, width, label, from, leb } of this.fixups) {
      const target = (this.labels.get(label) ?? Number.NaN) - from;
      if (leb === true) {
        for (let i = 0; i < width; i++) {
          this.info.data[at + i] = (Math.floor(target / 0x80 ** i) & 0x7f) | (i < width - 1 ? 0x80 : 0);
        }
      } else {
        this.info.int(target, width, at);
      }
    }
    const bytes: Record<string, Uint8Array> = {};
    const parts = { info: this.info, abbrev: this.abbrev, str: this.str, line_str: this.lineStr };
    for (const [name, part] of Object.entries({ ...parts, str_offsets: this.strOffsets, addr: this.addr })) {
      bytes[name] = Uint8Array.from(part.data);
    }
    return { littleEndian: this.littleEndian, bytes, labels: this.labels };
  }

  private die(spec: DieSpec, unit: UnitShape): void {
    if (spec.label !== undefined) {
      this.labels.set(spec.label, this.info.length);
    }
    this.info.add(uleb(this.abbreviation(spec)));
    for (const [, form, value] of spec.attributes) {
      if (form !== FORM.implicitConst) {
        this.value(form, value, unit);
      }
    }
    for (const child of spec.children) {
      this.die(child, unit);
    }
    if (spec.children.length > 0 && spec.unended !== true) {
      this.info.add([0]);
    }
  }

  /** The code of an abbreviation of this shape, written when it is first needed. */
  private abbreviation({ tag, attributes, children }: DieSpec): number {
    const shape = [...uleb(tag), children.length > 0 ? 1 : 0];
    for (const [attribute, form, value] of attributes) {
      shape.push(...uleb(attribute), ...uleb(form), ...(form === FORM.implicitConst ? sleb(value as number) : []));
    }
    const known = this.codes.get(shape.join());
    if (known !== undefined) {
      return known;
    }
    const code = this.codes.size + 1;
    this.codes.set(shape.join(), code);
    this.abbrev.add([...uleb(code), ...shape, 0, 0]);
    return code;
  }

  private value(form: number, value: Value, unit: UnitShape): void {
    const { info } = this;
    if (typeof value === 'object' && 'label' in value) {
      this.reference(form, value.label, unit);
      return;
    }
    if (form === FORM.indirect) {
      const [inner, innerValue] = value as readonly [number, Value];
      info.add(uleb(inner));
      this.value(inner, innerValue, unit);
      return;
    }
    if (value instanceof Uint8Array) {
      this.block(form, value);
      return;
    }
    if (typeof value === 'string') {
      this.text(form, value, unit);
      return;
    }
    const number = typeof value === 'bigint' ? value : Number(value);
    switch (form) {
      case FORM.flagPresent:
        return;
      case FORM.sdata:
        info.add(sleb(number));
        return;
      case FORM.udata:
        info.add(uleb(number));
        return;
      case FORM.addrx:
      case FORM.addrx1:
      case FORM.addrx2:
      case FORM.addrx3:
      case FORM.addrx4:
        this.index(form, FORM.addrx, FORM.addrx1, this.address(number, unit));
        return;
      default:
        info.int(number, WIDTHS.get(form) ?? (form === FORM.addr ? unit.addressSize : unit.offsetSize));
    }
  }

  /** Puts an address into .debug_addr and gives its index. */
  private address(value: number | bigint, unit: UnitShape): number {
    this.addr.int(value, unit.addressSize);
    return this.addresses++;
  }

  private text(form: number, text: string, unit: UnitShape): void {
    switch (form) {
      case FORM.string:
        this.info.cstring(text);
        return;
      case FORM.strp:
        this.info.int(this.str.cstring(text), unit.offsetSize);
        return;
      case FORM.lineStrp:
        this.info.int(this.lineStr.cstring(text), unit.offsetSize);
        return;
      default:
        this.strOffsets.int(this.str.cstring(text), unit.offsetSize);
        this.index(form, FORM.strx, FORM.strx1, this.strings++);
    }
  }

  private index(form: number, lebForm: number, firstFixed: number, index: number): void {
    if (form === lebForm) {
      this.info.add(uleb(index));
    } else {
      this.info.int(index, form - firstFixed + 1);
    }
  }

  private block(form: number, bytes: Uint8Array): void {
    const width = WIDTHS.get(form);
    if (width === undefined) {
      this.info.add(uleb(bytes.length));
    } else {
      this.info.int(bytes.length, width);
    }
    this.info.add(bytes);
  }

  private reference(form: number, label: string, unit: UnitShape): void {
    const leb = form === FORM.refUdata;
    const width =
      form === FORM.refAddr
        ? unit.version <= 2
          ? unit.addressSize
          : unit.offsetSize
        : leb
          ? 5
          : (WIDTHS.get(form) ?? 4);
    const from = form === FORM.refAddr ? 0 : unit.start;
    this.fixups.push({ at: this.info.length, width, label, from, leb });
    this.info.int(0, width);
  }
}

interface UnitShape {
  readonly start: number;
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: number;
}

/** Forms of a fixed width; of blocks, the width of their length. */
const WIDTHS: ReadonlyMap<number, number> = new Map<number, number>([
  [FORM.data1, 1],
  [FORM.data2, 2],
  [FORM.data4, 4],
  [FORM.data8, 8],
  [FORM.data16, 16],
  [FORM.flag, 1],
  [FORM.ref1, 1],
  [FORM.ref2, 2],
  [FORM.ref4, 4],
  [FORM.ref8, 8],
  [FORM.refSig8, 8],
  [FORM.refSup4, 4],
  [FORM.refSup8, 8],
  [FORM.block1, 1],
  [FORM.block2, 2],
  [FORM.block4, 4],
]);

export function writeDwarf(units: readonly UnitSpec[], littleEndian = true): Written {
  const writer = new Writer(littleEndian);
  for (const spec of units) {
    writer.unit(spec);
  }
  return writer.finish();
}

/** Written or otherwise made bytes as the reader wants them. */
export function sectionsOf({ bytes, littleEndian }: Pick<Written, 'bytes' | 'littleEndian'>): DwarfSections {
  return {
    littleEndian,
    size: (name) => bytes[name]?.length,
    read: (name, offset, length) => (bytes[name] ?? new Uint8Array(0)).subarray(offset, offset + length),
  };
}
