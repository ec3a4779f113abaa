// How version, layout and roots were found, and how far each is proved: the story that `--trace` tells.
import type { ProvenanceResult, RootResult } from '../../src/analysis/results.js';
import { TextBody } from '../components/text-body.js';
import { type TextRow, textRow } from '../components/text-rows.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import { type Segment, wrapText } from '../line.js';
import type { ScreenOf } from '../navigation.js';
import { grouped } from '../numbers.js';
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
    ...wrapped(`${layout.name}${layout.exact ? ', measured on this release' : ', not measured on this release'}`),
    ...(layout.source === 'none'
      ? []
      : wrapped(check.why ? `${tried}; ${check.why}` : tried, check.ok ? ['good', '✓ '] : ['bad', '✗ '])),
    ...(layout.note ? wrapped(layout.note) : []),
    ...title('roots', "   where the runtime's variables stand, and who says so"),
    ...Object.entries(found.roots).flatMap(([name, root]) => rootRows(name, root, room)),
    ...title('steps', '   as --trace prints them'),
    ...(found.lines.length > 0 ? found.lines.flatMap((line) => wrapped(line)) : wrapped('none were recorded')),
    ...(found.warnings.length > 0
      ? [...title('warnings'), ...found.warnings.flatMap((line) => wrapped(line, ['warn', '! ']))]
      : []),
  ];
}

function rootRows(name: string, root: RootResult, room: number): TextRow[] {
  const look: Readonly<Record<RootResult['state'], Segment>> = {
    confirmed: ['good', '✓ '],
    unconfirmed: ['warn', '? '],
    absent: ['dim', '– '],
  };
  const confirmed = root.confirmedBy?.length ? `, confirmed by ${root.confirmedBy.join(' and ')}` : '';
  const by = root.method === undefined ? '' : `found by ${root.method}${confirmed}. `;
  const rest = root.address ? { address: root.address, name: root.address } : { name };
  const detail = wrapText(`${by}${root.detail ?? ''}`.trim(), room - 4).map((part) =>
    textRow(['      ', ['dim', part]], rest),
  );
  return [
    textRow([look[root.state], fitText(name, 26), ` ${(root.address ?? '–').padEnd(15)} ${root.state}`], rest),
    ...detail,
  ];
}
