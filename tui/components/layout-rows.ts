// Layout results as rows of text: structs of a layout, fields of a struct, differences between releases, DWARF against table.
import type {
  LayoutDiffResult,
  LayoutListResult,
  LayoutShowResult,
  LayoutVerifyResult,
} from '../../src/layout/results.js';
import type { Line } from '../line.js';
import { grouped } from '../numbers.js';
import { fitText } from '../terminal/text-width.js';
import type { TextRow } from './text-rows.js';

export interface LayoutRow extends TextRow {
  /** Whether the row stands for something that can be opened. */
  readonly opens: boolean;
}

const note = (line: Line, name = ''): LayoutRow => ({ name, line, opens: false });

/** What has the text, exactly that first, then what begins with it. Without a text all, in their order. */
function bestFirst<T>(all: readonly T[], text: string, name: (item: T) => string): T[] {
  const wanted = text.toLowerCase();
  const rank = (item: T) => {
    const own = name(item).toLowerCase();
    return own === wanted ? 0 : own.startsWith(wanted) ? 1 : 2;
  };
  const having = all.filter((item) => name(item).toLowerCase().includes(wanted));
  return wanted === '' ? having : having.sort((a, b) => rank(a) - rank(b));
}

export function structRows(layout: LayoutShowResult, filter: string): LayoutRow[] {
  return bestFirst(Object.entries(layout.structs), filter, ([name]) => name).map(([name, struct]) => ({
    name,
    opens: true,
    line: [
      fitText(name, 34),
      ` ${grouped(struct.size).padStart(9)} ${grouped(Object.keys(struct.fields).length).padStart(8)}`,
    ],
  }));
}

export const structHead: Line = [['dim', `${'struct'.padEnd(34)} ${'size'.padStart(9)} ${'fields'.padStart(8)}`]];

/** Every release that is measured, by arch, newest first. */
export function releaseRows(list: LayoutListResult, filter: string, marked: string | undefined): LayoutRow[] {
  const wanted = filter.toLowerCase();
  return list.layouts.flatMap((layout) =>
    [...layout.releases]
      .reverse()
      .map((release) => ({ name: `${release}/${layout.arch}`, structs: layout.structs }))
      .filter(({ name }) => name.toLowerCase().includes(wanted))
      .map(
        ({ name, structs }): LayoutRow => ({
          name,
          opens: true,
          line: [name === marked ? ['warn', 'd '] : '  ', fitText(name, 40), ['dim', ` ${grouped(structs)} structs`]],
        }),
      ),
  );
}

/** Mismatches first; then what could not be compared; an agreement says so. */
export function verifyRows(verify: LayoutVerifyResult): LayoutRow[] {
  const rows = verify.mismatches.map((m): LayoutRow => {
    const where = m.field === null ? `${m.struct} size` : `${m.struct}.${m.field}`;
    return {
      name: m.struct,
      opens: true,
      line: [['bad', '✗ '], fitText(where, 36), ` table ${valueText(m.table)}  dwarf ${valueText(m.dwarf)}`],
    };
  });
  const summary: Line =
    verify.mismatches.length === 0
      ? [
          ['good', '✓ '],
          `dwarf agrees with ${verify.table} in all ${grouped(verify.checked)} fields of ${grouped(verify.structsChecked)} structs`,
        ]
      : [
          ['bad', '✗ '],
          `${grouped(verify.mismatches.length)} of ${grouped(verify.checked)} fields differ from ${verify.table}`,
        ];
  const standIn = verify.exact
    ? []
    : [note([['warn', `  ${verify.note ?? 'the table was not measured on this release'}`]])];
  const unknown = verify.unknown.map(
    (u): LayoutRow => note([['dim', `– ${fitText(u.struct, 36)} ${u.why}`]], u.struct),
  );
  return [note(summary), ...standIn, ...rows, ...unknown];
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The fields of a struct in offset order; with `verify`, what the binary's DWARF says of each. */
export function fieldRows(
  layout: LayoutShowResult,
  struct: string,
  verify: LayoutVerifyResult | undefined,
  width: number,
): LayoutRow[] {
  const fields = Object.entries(layout.structs[struct]?.fields ?? {}).sort((a, b) => a[1].offset - b[1].offset);
  const nameWidth = Math.min(34, Math.max(8, ...fields.map(([name]) => name.length)));
  const typeWidth = Math.max(12, width - nameWidth - 34);
  const compared = verify !== undefined && !verify.unknown.some((u) => u.struct === struct);
  return fields.map(([name, field]): LayoutRow => {
    const mismatch = verify?.mismatches.find((m) => m.struct === struct && m.field === name);
    const dwarf: Line = !compared
      ? [['dim', verify ? '–' : '']]
      : mismatch
        ? [['bad', `✗ dwarf ${valueText(mismatch.dwarf)}`]]
        : [['good', '✓']];
    return {
      name: `${struct}.${name} ${field.offset}`,
      opens: false,
      line: [
        `${String(field.offset).padStart(8)} ${String(field.size).padStart(8)}  `,
        ['title', fitText(name, nameWidth)],
        ['dim', `  ${fitText(field.type, typeWidth)} `],
        ...dwarf,
      ],
    };
  });
}

export function fieldHead(layout: LayoutShowResult, struct: string, width: number): Line {
  const names = Object.keys(layout.structs[struct]?.fields ?? {});
  const nameWidth = Math.min(34, Math.max(8, ...names.map((name) => name.length)));
  const typeWidth = Math.max(12, width - nameWidth - 34);
  return [
    [
      'dim',
      `${'off'.padStart(8)} ${'size'.padStart(8)}  ${'field'.padEnd(nameWidth)}  ${'type'.padEnd(typeWidth)} dwarf`,
    ],
  ];
}

/** One block a struct: its size, then what was added (+), removed (−), moved (→) and retyped (≠). */
export function diffRows(diff: LayoutDiffResult, struct: string | undefined): LayoutRow[] {
  const rows: LayoutRow[] = [];
  for (const [name, d] of Object.entries(diff.structs)) {
    if (struct !== undefined && name !== struct) continue;
    const size =
      d.size.a === d.size.b ? `size ${valueText(d.size.a)}` : `size ${valueText(d.size.a)} → ${valueText(d.size.b)}`;
    const head = d.size.a === null ? `only in ${diff.b}` : d.size.b === null ? `only in ${diff.a}` : size;
    rows.push(
      note(
        [
          ['title', fitText(name, 34)],
          ['note', ` ${head}`],
        ],
        name,
      ),
    );
    for (const f of d.removed)
      rows.push(
        note(
          [['bad', '  − '], fitText(f.field, 32), ` ${String(f.offset).padStart(7)} ${' '.repeat(9)} ${f.type}`],
          `${name}.${f.field}`,
        ),
      );
    for (const f of d.added)
      rows.push(
        note(
          [['good', '  + '], fitText(f.field, 32), ` ${' '.repeat(7)}   ${String(f.offset).padStart(7)} ${f.type}`],
          `${name}.${f.field}`,
        ),
      );
    for (const f of d.moved)
      rows.push(
        note(
          [['warn', '  → '], fitText(f.field, 32), ` ${String(f.a).padStart(7)} → ${String(f.b).padStart(7)}`],
          `${name}.${f.field}`,
        ),
      );
    for (const f of d.retyped)
      rows.push(note([['warn', '  ≠ '], fitText(f.field, 32), ` ${f.a} → ${f.b}`], `${name}.${f.field}`));
  }
  return rows;
}
