// How version, layout and roots were found, and how far each is proved: the story that `--trace` tells.
import type { ProvenanceResult, RootResult } from '../../src/analysis/results.js';
import { layoutName } from '../../src/output/format.js';
import { TextBody } from '../components/text-body.js';
import { type TextRow, textRow } from '../components/text-rows.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import { type Segment, wrapText } from '../line.js';
import { grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import { fitText } from '../terminal/text-width.js';
import type { ScreenProps } from './screen-props.js';

export function HowScreen({ screen, width, height }: ScreenProps<ScreenOf<'how'>>) {
  const { value, error } = useCall('provenance', {});
  const overview = useCall('overview', {}).value;
  const rows = value ? howRows(value, overview?.go ?? null, width) : [];
  const view = useTextView(screen, rows, height, 0);
  return (
    <TextBody
      width={width}
      height={height}
      context="how"
      view={view}
      waiting={value === undefined ? 'asking…' : undefined}
      error={error}
    />
  );
}

type Refused = ProvenanceResult['refusals'][string];
type Go = { readonly version: string; readonly os: string; readonly arch: string; readonly source: string } | null;

function howRows(found: ProvenanceResult, go: Go, width: number): TextRow[] {
  const { layout } = found;
  const room = Math.max(20, width - 6);
  const wrapped = (text: string, lead: Segment = '  '): TextRow[] =>
    wrapText(text, room).map((part, i) => textRow([i === 0 ? lead : '  ', part]));
  const title = (text: string, more = ''): TextRow[] => [
    textRow([]),
    textRow([
      ['title', text],
      ['dim', more],
    ]),
  ];
  const check = layout.validated;
  const tried =
    check.checked === 0
      ? 'there was no span to try it on'
      : `tried on ${grouped(check.checked)} spans of the image: it holds for ${grouped(check.held)}`;
  return [
    textRow([['title', 'Go version']]),
    ...wrapped(go ? `${go.version} ${go.os}/${go.arch}, from ${go.source}` : 'not known'),
    ...title('layout', '   where the offset of each field is taken from'),
    ...wrapped(layoutWords(layout), layoutName(layout).startsWith('~') ? ['warn', '~ '] : '  '),
    ...(layout.source === 'none'
      ? []
      : wrapped(check.why ? `${tried}; ${check.why}` : tried, check.ok ? ['good', '✓ '] : ['bad', '✗ '])),
    ...(layout.note ? wrapped(layout.note) : []),
    ...title('roots', `   ${countWords(found)}`),
    ...Object.entries(found.roots).flatMap(([name, root]) => rootRows(name, root, found.refusals[name] ?? [], room)),
    ...title('steps', '   as --trace prints them'),
    ...(found.lines.length > 0 ? found.lines.flatMap((line) => wrapped(line)) : wrapped('none were recorded')),
    ...(found.warnings.length > 0
      ? [...title('warnings'), ...found.warnings.flatMap((line) => wrapped(line, ['warn', '! ']))]
      : []),
  ];
}

function layoutWords({ name: full, source, exact, note }: ProvenanceResult['layout']): string {
  // The mark stands before the line.
  const name = full.replace(/^~/, '');
  if (source === 'inferred' || full !== name)
    return `${name}: told from an image; numbers that rest on it are marked ~`;
  // The note of an exact layout says of which releases it is, and follows.
  if (exact && note) return name;
  return exact ? `${name}, measured on this release` : `${name}, not measured on this release`;
}

/** `9 of 9 confirmed`: how far the list below can be trusted. */
function countWords({ roots, refusals }: ProvenanceResult): string {
  const all = Object.values(roots);
  const sure = all.filter(({ state }) => state === 'confirmed').length;
  const refused = Object.values(refusals).reduce((sum, each) => sum + each.length, 0);
  return `${sure} of ${all.length} confirmed${refused > 0 ? `; ${refused} ${refused === 1 ? 'answer' : 'answers'} refused` : ''}`;
}

/** The ways to a root, and the ways to be sure of it, as a sentence goes on. */
const waysTo: Readonly<Record<string, string>> = {
  override: 'named with --root',
  symtab: 'named by the symbol table',
  dwarf: 'named by DWARF',
  structure: 'found by its shape in the data',
  code: 'found by the code that uses it',
  stack: 'found from registers and stacks',
  value: 'found by its value',
};
const secondWays: Readonly<Record<string, string>> = {
  structure: 'what it holds',
  code: 'the code that uses it',
  stack: 'registers and stacks',
  value: 'numbers that agree',
  symtab: 'the symbol table',
  dwarf: 'DWARF',
};

function rootRows(name: string, root: RootResult, refused: Refused, room: number): TextRow[] {
  const look: Readonly<Record<RootResult['state'], Segment>> = {
    confirmed: ['good', '✓ '],
    unconfirmed: ['warn', '? '],
    absent: ['dim', '– '],
  };
  const rest = root.address ? { address: root.address, name: root.address } : { name };
  const lines = (lead: Segment, text: string, of: object = rest): TextRow[] =>
    wrapText(text, room - 6).map((part, i) => textRow(['    ', i === 0 ? lead : '  ', ['dim', part]], of));
  const second = (root.confirmedBy ?? []).map((way) => secondWays[way] ?? way);
  const way = root.method === undefined ? 'not found' : (waysTo[root.method] ?? root.method);
  const sure = second.length > 0 ? `, confirmed by ${second.join(' and ')}` : '';
  return [
    textRow([look[root.state], fitText(name, 26), ` ${(root.address ?? '–').padEnd(15)} ${root.state}`], rest),
    ...lines('  ', `${way}${sure}`),
    ...(root.detail ? lines('  ', root.detail) : []),
    ...refused.flatMap(({ method, address, why }) =>
      lines(['bad', '✗ '], `not ${address}, ${waysTo[method] ?? method}: ${why}`, { address, name: address }),
    ),
  ];
}
