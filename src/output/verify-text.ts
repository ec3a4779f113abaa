// `layout verify` for people.
import type { ImageVerification, InvariantCheck, LayoutVerifyResult } from '../layout/results.js';
import { printable } from './format.js';

export function layoutVerifyText(result: LayoutVerifyResult): string {
  const { goVersion, arch, table, exact, note, mismatches, image } = result;
  const lines = [`${goVersion}/${arch}, ${table}${exact ? '' : ` (${note ?? 'not measured on this release'})`}`];
  const ofDwarf = mismatches.filter((each) => each.image === undefined);
  const byDwarf = image === undefined || result.checked > Object.keys(image.fields).length;
  if (byDwarf) {
    const fields = result.checked - Object.keys(image?.fields ?? {}).length;
    lines.push(
      `${fields} fields of ${result.structsChecked} structs compared with the binary's DWARF, ${ofDwarf.length} mismatches`,
    );
  }
  for (const { struct, field, table: ours, dwarf } of ofDwarf)
    lines.push(
      `  ${struct}${field === null ? ' (size)' : `.${field}`}: table ${JSON.stringify(ours)}, DWARF ${JSON.stringify(dwarf)}`,
    );
  if (image) lines.push(...imageLines(result, image));
  const left = byDwarf ? result.unknown : result.unknown.filter(({ why }) => why === 'no invariant reaches it');
  const named = left.map(({ struct }) => struct).filter((struct) => byDwarf || !struct.startsWith('struct {'));
  if (named.length > 0) lines.push('', ...filled(byDwarf ? 'not compared:' : 'no invariant reaches:', named));
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}

const mark: Readonly<Record<InvariantCheck['verdict'], string>> = { holds: '✓', damaged: '!', fails: '✗' };

function imageLines(result: LayoutVerifyResult, image: NonNullable<LayoutVerifyResult['image']>): string[] {
  const { counts, invariants, fields, sameAs } = image;
  const wrong = result.mismatches.filter((each) => each.image !== undefined);
  const lines = [
    '',
    `on the image: ${counts.inuse} spans in use of ${counts.allspans}, ${counts.ps} p, ${counts.ms} m, ${counts.gs} g`,
    verdictOf(image, wrong.length),
    '',
  ];
  for (const { name, what, checked, violated, lawful, verdict, example } of invariants) {
    const count = violated === 0 ? `${checked}` : `${violated} of ${checked}`;
    lines.push(`  ${mark[verdict]} ${name.padEnd(16)} ${count.padStart(14)}${violated === 0 ? ' hold' : ' violate'}`);
    lines.push(...filled('     ', what.split(' ')));
    if (lawful > 0) lines.push(`      ${lawful} as a thread inside the allocator leaves it`);
    if (example !== undefined) lines.push(`      the first: ${example}`);
  }
  if (wrong.length > 0) lines.push('', 'fields that explain it');
  for (const { struct, field, table, image: seen } of wrong) {
    const offset = typeof table === 'object' && table !== null && 'offset' in table ? table.offset : '?';
    const fits = seen?.fits ?? [];
    lines.push(
      `  ${struct}.${field}: ${offset} in the table; ${fits.length > 0 ? `all would hold at ${fits.join(', ')}` : 'no other single place explains all'}`,
    );
  }
  const sure = Object.entries(fields).filter(([, each]) => each.violated === 0 && each.alsoFits.length === 0);
  const ties = Object.entries(fields).filter(([, each]) => each.violated === 0 && each.alsoFits.length > 0);
  lines.push('', `decided: ${sure.length} fields hold at the table's offset, and nowhere else in their struct`);
  for (const [struct, names] of byStruct(sure.map(([name]) => name)))
    lines.push(
      ...filled(
        `  ${struct}:`,
        names.map((name) => `${name} ${fields[`${struct}.${name}`]?.offset}`),
        ',',
      ),
    );
  if (ties.length > 0) lines.push('', `not decided: ${ties.length} fields hold, but would elsewhere too`);
  for (const [name, { offset, alsoFits }] of ties)
    lines.push(
      ...filled(`  ${name} ${offset}; also`, [
        ...alsoFits.slice(0, shownPlaces).map(String),
        ...(alsoFits.length > shownPlaces ? [`and ${alsoFits.length - shownPlaces} more`] : []),
      ]),
    );
  if (wrong.length === 0)
    lines.push(
      '',
      ...(sameAs.length > 0
        ? filled('not to be told apart on this image from', sameAs, ',')
        : ['no other release line has these offsets']),
    );
  return lines;
}

function verdictOf({ invariants }: ImageVerification, mismatches: number): string {
  const failing = invariants.filter(({ verdict }) => verdict === 'fails').length;
  const damaged = invariants.filter(({ verdict }) => verdict === 'damaged').length;
  if (mismatches > 0) return `✗ the table does not fit: ${failing} of ${invariants.length} invariants fail`;
  if (damaged > 0)
    return `✓ the table fits; a few structs violate ${damaged} of ${invariants.length} invariants: damage, or a moment`;
  return `✓ the table fits: all ${invariants.length} invariants hold`;
}

function byStruct(names: readonly string[]): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const name of names) {
    const [struct = '', field = ''] = name.split('.');
    map.set(struct, [...(map.get(struct) ?? []), field]);
  }
  return map;
}

const width = 78;
const shownPlaces = 8;

/** Words behind a heading, on as many lines as it takes. */
function filled(heading: string, words: readonly string[], mark = ''): string[] {
  const lines = [heading];
  for (const [i, word] of words.entries()) {
    const text = i < words.length - 1 ? `${word}${mark}` : word;
    const last = lines.at(-1) ?? '';
    if (last.length + 1 + text.length <= width) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(`      ${text}`);
  }
  return lines;
}
