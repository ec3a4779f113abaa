// Threads: the m that each is, the goroutine it runs, where it stands. Enter goes to its stack.
import { placeText } from '../components/goroutine-table.js';
import { TextBody } from '../components/text-body.js';
import { textRow } from '../components/text-rows.js';
import { useApp } from '../hooks/use-app.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import type { Line } from '../line.js';
import type { ScreenOf } from '../screen-state.js';
import { start } from '../scrolling.js';
import { fitText } from '../terminal/text-width.js';
import type { ScreenProps } from './screen-props.js';

export function ThreadsScreen({ screen, width, height }: ScreenProps<ScreenOf<'threads'>>) {
  const { value, error } = useCall('threads', {});
  const { marks } = useApp().session;
  const threads = value?.threads ?? [];
  const line = (tid: string, m: string, goid: string, on: string, signal: string, where: string): string =>
    `${tid.padStart(8)} ${m.padStart(6)} ${goid.padStart(9)} ${fitText(on, 9)} ${signal.padStart(6)}  ${where}`;
  const rows = threads.map(({ tid, mid, goid, on, signal, pc, top }) =>
    textRow(
      [
        line(
          String(tid),
          mid === null ? '–' : marks('m')(String(mid)),
          goid === null ? '–' : marks('g')(String(goid)),
          on,
          signal === 0 ? '' : String(signal),
          top === null || top.func === null ? `? ${pc}` : `${top.func}  ${placeText(top, width >= 120)}`,
        ),
      ],
      { name: String(tid), address: pc, to: { kind: 'thread', tid, all: true, place: start } },
    ),
  );
  const head: Line[] = [[['dim', `  ${line('thread', 'm', 'goroutine', 'stack', 'signal', 'in')}`]]];
  if (value !== undefined && threads.length === 0)
    head.push([], ['   the image has no threads: raw memory tells no registers']);
  const view = useTextView(screen, rows, height, head.length);
  return (
    <TextBody
      width={width}
      height={height}
      context="threads"
      view={view}
      head={head}
      waiting={value === undefined ? 'reading threads…' : undefined}
      error={error}
    />
  );
}
