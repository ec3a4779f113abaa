// Writes small ELF files for tests: any word size and byte order, segments, sections, notes, symbols, and the rare shapes (extended numbering, headers
// at the end, no sections, lying counts). Written from the ELF specification, not from the reader.

export interface Shape {
  readonly bits?: 32 | 64;
  readonly littleEndian?: boolean;
}

interface SegmentSpec {
  readonly type: number;
  readonly flags?: number;
  readonly vaddr?: number | bigint;
  readonly data?: Uint8Array;
  /** What the header says, where it is not the data's own length. */
  readonly filesz?: number;
  readonly memsz?: number;
  readonly align?: number;
  /** What the header says, where it is not where the data stands. */
  readonly offset?: number;
}

interface SectionSpec {
  readonly name: string;
  readonly type: number;
  readonly flags?: number;
  readonly addr?: number;
  readonly data?: Uint8Array;
  readonly size?: number;
  readonly offset?: number;
  readonly link?: number;
  readonly info?: number;
  readonly addralign?: number;
  readonly entsize?: number;
}

export interface ElfSpec extends Shape {
  readonly type?: number;
  readonly machine?: number;
  readonly entry?: number;
  readonly segments?: readonly SegmentSpec[];
  /** Without the null section and without .shstrtab, which are added where there is any. Index 0 of the list is section 1. */
  readonly sections?: readonly SectionSpec[];
  /** Puts the counts into section 0 (PN_XNUM, e_shnum 0, SHN_XINDEX). */
  readonly extendedNumbering?: boolean;
  readonly programHeadersAtEnd?: boolean;
  /** Header fields that lie. */
  readonly lies?: Partial<
    Record<'phoff' | 'phnum' | 'phentsize' | 'shoff' | 'shnum' | 'shentsize' | 'shstrndx', number>
  >;
}

type Field = readonly [size: 1 | 2 | 4 | 8 | 'word', value: number | bigint];

/** Numbers one after the other; `word` is pointer-sized. */
export function pack({ bits = 64, littleEndian = true }: Shape, fields: readonly Field[]): Uint8Array {
  const sizes = fields.map(([size]) => (size === 'word' ? bits / 8 : size));
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [i, [, value]] of fields.entries()) {
    const size = sizes[i]!;
    if (size === 8) view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), littleEndian);
    else if (size === 4) view.setUint32(at, Number(value), littleEndian);
    else if (size === 2) view.setUint16(at, Number(value), littleEndian);
    else view.setUint8(at, Number(value));
    at += size;
  }
  return bytes;
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function pad(bytes: Uint8Array, unit: number): Uint8Array {
  return join([bytes, new Uint8Array((unit - (bytes.length % unit)) % unit)]);
}

/** One note; `owner` gets its NUL unless it is empty. */
export function note(shape: Shape, owner: string, type: number, desc: Uint8Array, align: 4 | 8 = 4): Uint8Array {
  const name = owner === '' ? new Uint8Array(0) : text(`${owner}\0`);
  const head = pack(shape, [
    [4, name.length],
    [4, desc.length],
    [4, type],
  ]);
  return join([pad(join([head, name]), align), pad(desc, align)]);
}

export interface SymbolSpec {
  readonly name: string;
  readonly value: number;
  readonly size?: number;
  readonly info?: number;
  readonly shndx?: number;
}

/** A symbol table (with its empty first symbol) and its string table. */
export function symbolTable(
  shape: Shape,
  symbols: readonly SymbolSpec[],
): { readonly symtab: Uint8Array; readonly strtab: Uint8Array } {
  let strings = '\0';
  const rows = [{ name: '', value: 0, shndx: 0 }, ...symbols].map(({ name, value, ...rest }) => {
    const at = name === '' ? 0 : strings.length;
    if (name !== '') strings += `${name}\0`;
    const { size = 8, info = 0x11, shndx = 1 } = rest as SymbolSpec;
    const zero = name === '';
    const [s, i, x] = zero ? [0, 0, 0] : [size, info, shndx];
    return (shape.bits ?? 64) === 64
      ? pack(shape, [
          [4, at],
          [1, i],
          [1, 0],
          [2, x],
          [8, value],
          [8, s],
        ])
      : pack(shape, [
          [4, at],
          [4, value],
          [4, s],
          [1, i],
          [1, 0],
          [2, x],
        ]);
  });
  return { symtab: join(rows), strtab: text(strings) };
}

function programHeader(shape: Shape, spec: SegmentSpec, offset: number): Uint8Array {
  const { type, flags = 4, vaddr = 0, data, align = 0x1000 } = spec;
  const filesz = spec.filesz ?? data?.length ?? 0;
  const memsz = spec.memsz ?? filesz;
  const at = spec.offset ?? offset;
  return (shape.bits ?? 64) === 64
    ? pack(shape, [
        [4, type],
        [4, flags],
        [8, at],
        [8, vaddr],
        [8, vaddr],
        [8, filesz],
        [8, memsz],
        [8, align],
      ])
    : pack(shape, [
        [4, type],
        [4, at],
        [4, vaddr],
        [4, vaddr],
        [4, filesz],
        [4, memsz],
        [4, flags],
        [4, align],
      ]);
}

function sectionHeader(
  shape: Shape,
  spec: Omit<SectionSpec, 'name' | 'data'> & { readonly nameOffset: number },
): Uint8Array {
  const {
    nameOffset,
    type,
    flags = 0,
    addr = 0,
    offset = 0,
    size = 0,
    link = 0,
    info = 0,
    addralign = 1,
    entsize = 0,
  } = spec;
  const w = 'word' as const;
  return pack(shape, [
    [4, nameOffset],
    [4, type],
    [w, flags],
    [w, addr],
    [w, offset],
    [w, size],
    [4, link],
    [4, info],
    [w, addralign],
    [w, entsize],
  ]);
}

/** The file: header, program headers (unless at the end), contents in order, section headers. */
export function writeElf(spec: ElfSpec): Uint8Array {
  const { bits = 64, littleEndian = true, segments = [], lies = {} } = spec;
  const shape = { bits, littleEndian };
  const sizes = bits === 64 ? { header: 64, program: 56, section: 64 } : { header: 52, program: 32, section: 40 };
  const named = spec.sections === undefined ? [] : [...spec.sections, { name: '.shstrtab', type: 3 }];
  const names = `\0${named.map(({ name }) => `${name}\0`).join('')}`;
  let end = sizes.header + (spec.programHeadersAtEnd === true ? 0 : segments.length * sizes.program);
  const body: Uint8Array[] = [];
  const place = (data: Uint8Array): number => {
    const at = end;
    body.push(data);
    end += data.length;
    return at;
  };
  const programTable = segments.map((segment) =>
    programHeader(shape, segment, segment.data === undefined ? 0 : place(segment.data)),
  );
  const sectionRows = named.map((section) => {
    const data = section.name === '.shstrtab' ? text(names) : section.data;
    const offset = data === undefined ? 0 : place(data);
    const nameOffset = names.indexOf(`\0${section.name}\0`) + 1;
    return sectionHeader(shape, { offset, size: data?.length ?? 0, ...section, nameOffset });
  });
  let phoff = segments.length === 0 ? 0 : sizes.header;
  if (spec.programHeadersAtEnd === true && segments.length > 0) phoff = place(join(programTable));
  const wide = spec.extendedNumbering === true;
  const shnum = named.length === 0 && !wide ? 0 : named.length + 1;
  const shstrndx = named.length;
  const zeroRow = wide
    ? sectionHeader(shape, { nameOffset: 0, type: 0, size: shnum, link: shstrndx, info: segments.length, addralign: 0 })
    : sectionHeader(shape, { nameOffset: 0, type: 0, addralign: 0 });
  const shoff = shnum === 0 ? 0 : place(join([zeroRow, ...sectionRows]));
  const ident = Uint8Array.of(
    0x7f,
    0x45,
    0x4c,
    0x46,
    bits === 64 ? 2 : 1,
    littleEndian ? 1 : 2,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  );
  const header = pack(shape, [
    [2, spec.type ?? 2],
    [2, spec.machine ?? 62],
    [4, 1],
    ['word', spec.entry ?? 0],
    ['word', lies.phoff ?? phoff],
    ['word', lies.shoff ?? shoff],
    [4, 0],
    [2, sizes.header],
    [2, lies.phentsize ?? sizes.program],
    [2, lies.phnum ?? (wide ? 0xffff : segments.length)],
    [2, lies.shentsize ?? sizes.section],
    [2, lies.shnum ?? (wide ? 0 : shnum)],
    [2, lies.shstrndx ?? (wide ? 0xffff : shstrndx)],
  ]);
  return join([ident, header, ...(spec.programHeadersAtEnd === true ? [] : programTable), ...body]);
}
