// Layout results as rows of text: structs of a layout, fields of a struct, differences between releases, DWARF against table.
import type {
  LayoutDiffResult,
  LayoutFieldResult,
  LayoutListResult,
  LayoutShowResult,
  LayoutVerifyResult,
} from '../../src/layout/results.js';
import { type Line, lineText } from '../line.js';
import { grouped } from '../numbers.js';
import { fitText } from '../terminal/text-width.js';
import type { TextRow } from './text-rows.js';

export interface LayoutRow extends TextRow {
  /** Whether the row stands for something that can be opened. */
  readonly opens: boolean;
  /** All of what is known of it, for the lines below the list. */
  readonly about?: string;
}

const note = (line: Line, name = '', about = lineText(line)): LayoutRow => ({ name, line, opens: false, about });

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
      about: m.image
        ? `${where} at ${offsetText(m.table)}: ${m.image.fails.join(', ')} ${m.image.fails.length === 1 ? 'does' : 'do'} not hold; ${m.image.fits.length > 0 ? `all would at ${m.image.fits.join(', ')}` : 'no other single place explains all'}`
        : `${where}: table ${valueText(m.table)}, dwarf ${valueText(m.dwarf)}`,
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
  const worstFirst = ['fails', 'damaged', 'holds'] as const;
  const ordered = worstFirst.flatMap((wanted) => (image?.invariants ?? []).filter(({ verdict }) => verdict === wanted));
  return ordered.map(({ name, what, checked, violated, lawful, verdict, example }): LayoutRow => {
    const count = violated === 0 ? grouped(checked) : `${grouped(violated)} of ${grouped(checked)} not`;
    const words = [
      `${name}: ${what}`,
      violated === 0 ? `so for all of ${grouped(checked)}` : `not so for ${grouped(violated)} of ${grouped(checked)}`,
      ...(lawful > 0 ? [`${grouped(lawful)} as a thread inside the allocator leaves it`] : []),
      ...(example === undefined ? [] : [`the first: ${example}`]),
    ];
    return note([look[verdict], fitText(name, 16), ` ${count.padStart(10)}  `, ['dim', what]], name, words.join('; '));
  });
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const shownPlaces = 3;

/** The first of them, and how many more there are. */
export function placesText(places: readonly number[]): string {
  const more = places.length > shownPlaces ? ` +${places.length - shownPlaces}` : '';
  return `${places.slice(0, shownPlaces).join(' ')}${more}`;
}

/** Whether the binary's debug info was asked, and not the image alone. */
export const byDwarf = (verify: LayoutVerifyResult): boolean =>
  verify.image === undefined || verify.checked > Object.keys(verify.image.fields).length;

export function mismatchWords({ dwarf, image }: LayoutVerifyResult['mismatches'][number]): string {
  if (image === undefined) return `✗ dwarf ${valueText(dwarf)}`;
  return image.fits.length > 0 ? `✗ fits at ${placesText(image.fits)}` : '✗ does not fit';
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
