// The filter language of `spans --where` and of `/` in the terminal: terms side by side, all must hold.
//
//   class=5,6n  elemsize>=1024  used<70  state=inuse  noscan  !manual  suspect  0xc000012000
//
// `class` is the size class; `5n` the noscan one; a comma gives alternatives; `used` is the share of slots in per cent, of spans that have some; an address stands for the span that holds it.
import { InspectError } from '../bytes/errors.js';

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type NumberColumn =
  | 'addr' | 'base' | 'limit' | 'npages' | 'spanclass' | 'sizeclass' | 'elemsize' | 'nelems' | 'freeindex' | 'allocCount'
  | 'allocated' | 'sweepgen' | 'used' | 'bytes' | 'index'; // biome-ignore format: a list of names

export type Term =
  | {
      readonly kind: 'number';
      readonly column: NumberColumn;
      readonly comparison: Comparison;
      readonly value: number;
      readonly inverse: boolean;
    }
  | { readonly kind: 'state'; readonly state: 'free' | 'inuse' | 'manual'; readonly inverse: boolean }
  | { readonly kind: 'any'; readonly terms: readonly Term[]; readonly inverse: boolean }
  | { readonly kind: 'noscan'; readonly inverse: boolean }
  | { readonly kind: 'suspect'; readonly inverse: boolean }
  | { readonly kind: 'address'; readonly address: number; readonly inverse: boolean };

const aliases: ReadonlyMap<string, NumberColumn> = new Map([
  ['class', 'sizeclass'],
  ['pages', 'npages'],
  ['size', 'elemsize'],
  ['alloc', 'allocCount'],
  ['slots', 'nelems'],
  ['startaddr', 'base'],
]);
const columns: readonly NumberColumn[] = [
  'addr', 'base', 'limit', 'npages', 'spanclass', 'sizeclass', 'elemsize', 'nelems', 'freeindex', 'allocCount', 'allocated', 'sweepgen', 'used', 'bytes', 'index',
]; // biome-ignore format: a list of names

/** Parses a filter; throws InspectError `unsupported` naming the term it does not understand. An empty text has no terms. */
export function parseFilter(text: string): readonly Term[] {
  return text
    .trim()
    .replace(/\s*(!=|<=|>=|==?|<|>)\s*/g, (_, comparison: string) => (comparison === '==' ? '=' : comparison))
    .split(/\s+|&&/)
    .filter((word) => word !== '')
    .map(parseAlternatives);
}

/** `state=inuse,manual`, `class=5,6n`, `inuse,manual`: one of these. `!=` and `!` say: none of these. */
function parseAlternatives(word: string): Term {
  const inverse = word.startsWith('!') || word.startsWith('-');
  const body = inverse ? word.slice(1) : word;
  const [, head = '', list = ''] = /^([a-z]+(?:!=|=))?(.*)$/i.exec(body) ?? [];
  const values = list.split(',').filter((value) => value !== '');
  if (values.length < 2) return parseTerm(body.replace(/,+$/, ''), word, inverse);
  const unequal = head.endsWith('!=');
  const name = unequal ? `${head.slice(0, -2)}=` : head;
  return {
    kind: 'any',
    terms: values.map((value) => parseTerm(`${name}${value}`, word, false)),
    inverse: inverse !== unequal,
  };
}

function parseTerm(body: string, word: string, inverse: boolean): Term {
  if (/^0x[0-9a-f]+$/i.test(body)) return { kind: 'address', address: Number(body), inverse };
  const match = /^([a-z]+)(!=|<=|>=|=|<|>)(.+)$/i.exec(body);
  if (!match) return parseWord(body, word, inverse);
  const [, name = '', comparison = '=', value = ''] = match;
  if (name === 'state') return parseWord(value, word, inverse !== (comparison === '!='));
  const column =
    columns.find((column) => column.toLowerCase() === name.toLowerCase()) ?? aliases.get(name.toLowerCase());
  if (!column)
    throw new InspectError(
      'unsupported',
      `filter ${word}`,
      `there is no column ${name}`,
      `columns: ${columns.join(' ')}`,
    );
  if (column === 'sizeclass' && /^\d{1,3}n$/i.test(value)) return noscanClass(word, comparison, value, inverse);
  const number = parseNumber(value);
  if (number === undefined) throw new InspectError('unsupported', `filter ${word}`, `${value} is no number`);
  return { kind: 'number', column, comparison: comparison as Comparison, value: number, inverse };
}

/** `class=5n`: the span class of that size class without pointers (spanClass = sizeclass<<1 | noscan). */
function noscanClass(word: string, comparison: string, value: string, inverse: boolean): Term {
  if (comparison !== '=' && comparison !== '!=')
    throw new InspectError('unsupported', `filter ${word}`, `${value} can only be compared with = or !=`);
  const spanclass = Number.parseInt(value, 10) * 2 + 1;
  return { kind: 'number', column: 'spanclass', comparison, value: spanclass, inverse };
}

function parseWord(body: string, word: string, inverse: boolean): Term {
  switch (body) {
    case 'free':
    case 'inuse':
    case 'manual':
      return { kind: 'state', state: body, inverse };
    case 'noscan':
      return { kind: 'noscan', inverse };
    case 'scan':
      return { kind: 'noscan', inverse: !inverse };
    case 'suspect':
      return { kind: 'suspect', inverse };
    default:
      throw new InspectError(
        'unsupported',
        `filter ${word}`,
        'is not understood',
        'like class=5 state=inuse used<70 noscan !free 0xc000012000',
      );
  }
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `12`, `0x10`, `64k`, `1.5M`, `70%`. */
function parseNumber(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?%?$/i.exec(text);
  return match ? Number(match[1]) * units[match[2]!.toLowerCase()]! : undefined;
}
