// How often each value of a column occurs in the span table as it is filtered: a table of its own. Enter shows the spans with that value.
import { TextBody } from '../components/text-body.js';
import { textRow } from '../components/text-rows.js';
import { useApp } from '../hooks/use-app.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import type { Line } from '../line.js';
import { allSpans } from '../navigation.js';
import { bytesText, grouped, percentText } from '../numbers.js';
import type { NewScreen, ScreenOf } from '../screen-state.js';
import { start } from '../scrolling.js';
import { fitText } from '../terminal/text-width.js';
import type { ScreenProps } from './screen-props.js';

type HistogramState = ScreenOf<'histogram'>;

export function HistogramScreen({ screen, width, height }: ScreenProps<HistogramState>) {
  const mark = useApp().session.marks('mspan');
  const { value, error } = useCall('histogram', { filter: screen.query.filter, column: screen.column });
  const most = Math.max(1, ...(value?.bins ?? []).map(({ spans }) => spans));
  const barWidth = Math.max(10, width - 62);
  const rows = (value?.bins ?? []).map(({ text, filter, spans, bytes }) =>
    textRow(
      [
        fitText(mark(/^\d+$/.test(text) ? grouped(text) : text), 16, 'right'),
        ` ${mark(grouped(spans)).padStart(12)} ${mark(percentText(spans, value?.matching)).padStart(6)} ${mark(bytesText(bytes)).padStart(10)} `,
        ['marked', '█'.repeat(Math.max(1, Math.round((spans / most) * barWidth)))],
      ],
      { name: text, ...(filter === null ? {} : { to: spansWith(screen, filter) }) },
    ),
  );
  const filter = screen.query.filter === '' ? '' : `  of  /${screen.query.filter}`;
  const cut =
    value && value.values > value.bins.length ? `, the ${grouped(value.bins.length)} most frequent are shown` : '';
  const head: Line[] = [
    [
      ' ',
      ['title', screen.column],
      `  ${grouped(value?.values)} values in ${grouped(value?.matching)} spans${filter}${cut}`,
    ],
    [['dim', `  ${screen.column.padStart(16)} ${'spans'.padStart(12)} ${'share'.padStart(6)} ${'bytes'.padStart(10)}`]],
  ];
  const view = useTextView(screen, rows, height, head.length);
  return (
    <TextBody
      width={width}
      height={height}
      context="histogram"
      view={view}
      head={head}
      waiting={value === undefined ? 'counting…' : undefined}
      error={error}
    />
  );
}

function spansWith({ query, column }: HistogramState, filter: string): NewScreen {
  const whole = query.filter === '' ? filter : `${query.filter} ${filter}`;
  return { kind: 'spans', place: start, query: { ...allSpans, filter: whole }, column, seek: undefined };
}
