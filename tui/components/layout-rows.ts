// Layout results as rows of text: structs of a layout, fields of a struct, differences between releases, DWARF against table.
import type {
  LayoutDiffResult,
  LayoutFieldResult,
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
      ...(Object.values(struct.fields).some(isInferred) ? [['warn', '~'] as const] : [' ']),
      `${grouped(struct.size).padStart(9)} ${grouped(Object.keys(struct.fields).length).padStart(8)}`,
    ],
  }));
}

const isInferred = ({ source, confidence }: LayoutFieldResult): boolean =>
  source === 'inferred' || confidence !== undefined;

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
      line: m.image
        ? [['bad', '✗ '], fitText(where, 36), ` at ${offsetText(m.table)}: ${mismatchWords(m).slice(2)}`]
        : [['bad', '✗ '], fitText(where, 36), ` table ${valueText(m.table)}  dwarf ${valueText(m.dwarf)}`],
    };
  });
  const summary: Line = !byDwarf(verify)
    ? imageSummary(verify)
    : verify.mismatches.length === 0
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
  return [note(summary), ...standIn, ...rows, ...invariantRows(verify), ...unknown];
}

function offsetText(place: unknown): string {
  return typeof place === 'object' && place !== null && 'offset' in place ? String(place.offset) : '?';
}

function imageSummary({ image, table, mismatches }: LayoutVerifyResult): Line {
  const all = image?.invariants ?? [];
  const held = all.filter(({ verdict }) => verdict !== 'fails').length;
  return mismatches.length === 0
    ? [['good', '✓ '], `the image bears ${table} out: ${held} of ${all.length} invariants hold`]
    : [['bad', '✗ '], `${table} does not fit the image: ${all.length - held} of ${all.length} invariants fail`];
}

/** What was asked of the image, and how often it is so. */
function invariantRows({ image }: LayoutVerifyResult): LayoutRow[] {
  const look = { holds: ['good', '✓ '], damaged: ['warn', '! '], fails: ['bad', '✗ '] } as const;
  return (image?.invariants ?? []).map(({ name, what, checked, violated, verdict }): LayoutRow => {
    const count = violated === 0 ? grouped(checked) : `${grouped(violated)} of ${grouped(checked)} not`;
    return note([look[verdict], fitText(name, 16), ` ${count.padStart(10)}  `, ['dim', what]], name);
  });
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
  const typeWidth = Math.max(12, width - nameWidth - 44);
  const compared = verify !== undefined && !verify.unknown.some((u) => u.struct === struct) && byDwarf(verify);
  return fields.map(([name, field]): LayoutRow => {
    const mismatch = verify?.mismatches.find((m) => m.struct === struct && m.field === name);
    const check = verify?.image?.fields[`${struct}.${name}`];
    const compares: Line = mismatch
      ? [['bad', mismatchWords(mismatch)]]
      : check
        ? [check.alsoFits.length > 0 ? ['warn', `~ also at ${placesText(check.alsoFits)}`] : ['good', '✓']]
        : !compared
          ? [['dim', verify ? '–' : '']]
          : [['good', '✓']];
    const known: Line = verify ? compares : sourceOf(layout, field);
    return {
      name: `${struct}.${name} ${field.offset}`,
      opens: false,
      line: [
        `${String(field.offset).padStart(8)} ${String(field.size).padStart(8)}  `,
        ['title', fitText(name, nameWidth)],
        ['dim', `  ${fitText(field.type, typeWidth)} `],
        ...known,
      ],
    };
  });
}

/** How an offset is known: its source; of an inferred one how sure it is, and where else it could stand. */
function sourceOf(layout: LayoutShowResult, field: LayoutFieldResult): Line {
  const { confidence, alternatives = [] } = field;
  const source = field.source ?? (confidence === undefined ? layoutSource(layout) : 'inferred');
  if (source !== 'inferred') return [['dim', source]];
  const sure = confidence === undefined ? '' : ` ${confidence.toFixed(2)}`;
  const others = alternatives.length > 0 ? ` or ${placesText(alternatives)}` : '';
  return [[alternatives.length > 0 || (confidence ?? 0) <= certain ? 'warn' : 'note', `~${sure}${others}`]];
}

/** Up to here an inferred offset is not sure. */
const certain = 0.9;
const shownPlaces = 3;

function placesText(places: readonly number[]): string {
  const more = places.length > shownPlaces ? ` +${places.length - shownPlaces}` : '';
  return `${places.slice(0, shownPlaces).join(' ')}${more}`;
}

/** `table go1.22.5/amd64` is known by a table. */
const layoutSource = ({ source }: LayoutShowResult): string => source.split(' ')[0] ?? '';

/** Whether the binary's debug info was asked, and not the image alone. */
export const byDwarf = (verify: LayoutVerifyResult): boolean =>
  verify.image === undefined || verify.checked > Object.keys(verify.image.fields).length;

function mismatchWords({ dwarf, image }: LayoutVerifyResult['mismatches'][number]): string {
  if (image === undefined) return `✗ dwarf ${valueText(dwarf)}`;
  return image.fits.length > 0 ? `✗ fits at ${placesText(image.fits)}` : '✗ does not fit';
}

export function fieldHead(layout: LayoutShowResult, struct: string, width: number, verified: boolean): Line {
  const names = Object.keys(layout.structs[struct]?.fields ?? {});
  const nameWidth = Math.min(34, Math.max(8, ...names.map((name) => name.length)));
  const typeWidth = Math.max(12, width - nameWidth - 44);
  return [
    [
      'dim',
      `${'off'.padStart(8)} ${'size'.padStart(8)}  ${'field'.padEnd(nameWidth)}  ${'type'.padEnd(typeWidth)} ${verified ? 'verified' : 'source'}`,
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
