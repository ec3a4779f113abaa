// The fields of one struct as rows: where each stands, and how that is known: by a table, by DWARF, or told from an image with how sure that is.
import type { LayoutFieldResult, LayoutShowResult, LayoutVerifyResult } from '../../src/layout/results.js';
import { type Line, lineText } from '../line.js';
import { grouped } from '../numbers.js';
import { fitText } from '../terminal/text-width.js';
import { byDwarf, type LayoutRow, mismatchWords, placesText } from './layout-rows.js';

/** The title and the rows, in offset order; with `verify`, what the binary's DWARF and the image say of each instead of its source. */
export function fieldTable(
  layout: LayoutShowResult,
  struct: string,
  verify: LayoutVerifyResult | undefined,
  width: number,
): { readonly head: Line; readonly rows: readonly LayoutRow[] } {
  const fields = Object.entries(layout.structs[struct]?.fields ?? {}).sort((a, b) => a[1].offset - b[1].offset);
  const known = fields.map(([name, field]) => (verify ? compared(verify, struct, name) : sourceOf(layout, field)));
  const title = verify ? 'verified' : 'source';
  const longest = (texts: readonly string[], least: number) =>
    texts.reduce((most, text) => Math.max(most, text.length), least);
  const offsetWidth = longest(
    fields.map(([, { offset }]) => String(offset)),
    3,
  );
  const sizeWidth = longest(
    fields.map(([, { size }]) => String(size)),
    4,
  );
  const nameWidth = Math.min(34, longest(Object.keys(layout.structs[struct]?.fields ?? {}), 8));
  const sourceWidth = Math.min(30, longest(known.map(lineText), title.length));
  // The cursor, the gaps, and a column to spare.
  const rest = width - 2 - offsetWidth - 1 - sizeWidth - 2 - nameWidth - 2 - 1 - sourceWidth;
  const typeWidth = Math.max(
    6,
    Math.min(
      rest,
      longest(
        fields.map(([, { type }]) => type),
        4,
      ),
    ),
  );
  const line = (offset: string, size: string, name: Line, type: string): Line => [
    `${offset.padStart(offsetWidth)} ${size.padStart(sizeWidth)}  `,
    ...name,
    ['dim', `  ${fitText(type, typeWidth)} `],
  ];
  return {
    head: [['dim', lineText([...line('off', 'size', ['field'.padEnd(nameWidth)], 'type'), title])]],
    rows: fields.map(
      ([name, field], i): LayoutRow => ({
        name: `${struct}.${name} ${field.offset}`,
        opens: false,
        line: [
          ...line(String(field.offset), String(field.size), [['title', fitText(name, nameWidth)]], field.type),
          ...(known[i] ?? []),
        ],
        about: aboutField(layout, struct, name, verify),
      }),
    ),
  };
}

/** What DWARF, or the image where there is none, says of a field. */
function compared(verify: LayoutVerifyResult, struct: string, name: string): Line {
  const mismatch = verify.mismatches.find((each) => each.struct === struct && each.field === name);
  if (mismatch) return [['bad', mismatchWords(mismatch)]];
  const check = verify.image?.fields[`${struct}.${name}`];
  if (check) return [check.alsoFits.length > 0 ? ['warn', `~ also at ${placesText(check.alsoFits)}`] : ['good', '✓']];
  const asked = !verify.unknown.some((each) => each.struct === struct) && byDwarf(verify);
  return asked ? [['good', '✓']] : [['dim', '–']];
}

/** How an offset is known: its source; of one that an image told how sure it is, and where else it could stand. */
function sourceOf(layout: LayoutShowResult, field: LayoutFieldResult): Line {
  const { confidence, alternatives = [] } = field;
  const source = fieldSource(layout, field);
  if (confidence === undefined) return [[source === 'inferred' ? 'note' : 'dim', source === 'inferred' ? '~' : source]];
  const from = source === 'inferred' ? '' : `${source} `;
  const others = alternatives.length > 0 ? ` or ${placesText(alternatives)}` : '';
  const style = alternatives.length > 0 || confidence <= certain ? 'warn' : 'note';
  return [[style, `${from}~ ${confidence.toFixed(2)}${others}`]];
}

/** Up to here an inferred offset is not sure. */
const certain = 0.9;

/** `table go1.22.5/amd64` is known by a table. */
const fieldSource = (layout: LayoutShowResult, { source, confidence }: LayoutFieldResult): string =>
  source ?? (confidence === undefined ? (layout.source.split(' ')[0] ?? '') : 'inferred');

/** All of it in words: every place that would do as well, with what else is said to stand there. */
function aboutField(
  layout: LayoutShowResult,
  struct: string,
  name: string,
  verify: LayoutVerifyResult | undefined,
): string {
  const fields = layout.structs[struct]?.fields ?? {};
  const field = fields[name];
  if (field === undefined) return '';
  const named = (places: readonly number[]) =>
    places
      .map((place) => {
        const there = Object.entries(fields).find(([other, { offset }]) => other !== name && offset === place);
        return there ? `${place} (${there[0]})` : String(place);
      })
      .join(', ');
  const { confidence, alternatives = [] } = field;
  const source = fieldSource(layout, field);
  const words = [`${struct}.${name}: ${field.type}, ${grouped(field.size)} bytes at ${grouped(field.offset)}`];
  if (confidence !== undefined)
    words.push(
      `told from ${source === 'inferred' ? 'the image' : 'an image, as the file of --layout has it'}: ${Math.round(100 * confidence)}% sure`,
    );
  else words.push(source === 'inferred' ? 'told from the image' : `by ${source}`);
  if (alternatives.length > 0) words.push(`a tie: it may as well stand at ${named(alternatives)}`);
  const check = verify?.image?.fields[`${struct}.${name}`];
  if (check) {
    const { checked, violated, invariants, alsoFits } = check;
    words.push(
      `${invariants.join(', ')} ${violated === 0 ? `hold for all of ${grouped(checked)}` : `do not hold for ${grouped(violated)} of ${grouped(checked)}`}`,
    );
    if (alsoFits.length > 0) words.push(`and would at ${named(alsoFits)}`);
  }
  return words.join('; ');
}
