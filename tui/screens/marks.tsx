// The places that were marked with `m`, newest first.
import { crumbText } from '../components/breadcrumbs.js';
import { TextBody } from '../components/text-body.js';
import { textRow } from '../components/text-rows.js';
import { useApp } from '../hooks/use-app.js';
import { useTextView } from '../hooks/use-text-view.js';
import type { Line } from '../line.js';
import { grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import type { ScreenProps } from './screen-props.js';

export function MarksScreen({ screen, width, height }: ScreenProps<ScreenOf<'marks'>>) {
  const { navigation } = useApp();
  const rows = [...navigation.get().marks].reverse().map((mark) => {
    const { id: _, ...to } = mark;
    const filter = mark.kind === 'spans' ? mark.query.filter : '';
    const at = mark.kind === 'memory' ? '' : `   line ${grouped(mark.place.cursor + 1)}`;
    return textRow(
      [
        ['title', crumbText(mark)],
        ['dim', `${at}${filter === '' ? '' : `   /${filter}`}`],
      ],
      { to },
    );
  });
  const head: Line[] = [
    [
      [
        'dim',
        rows.length === 0 ? '   nothing is marked yet: m marks a place' : '   Enter goes to the place; Esc comes back',
      ],
    ],
  ];
  const view = useTextView(screen, rows, height, head.length);
  return (
    <TextBody
      width={width}
      height={height}
      context="marks"
      view={view}
      head={head}
      waiting={undefined}
      error={undefined}
    />
  );
}
