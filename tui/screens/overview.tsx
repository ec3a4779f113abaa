// The first screen: the lines of overview-lines.ts, a cursor on those that lead somewhere, and as many as there is room for.
import { Frame, frameLines } from '../components/frame.js';
import { notReadyBody } from '../components/not-ready.js';
import { useApp } from '../hooks/use-app.js';
import { useCommands, useListMotion } from '../hooks/use-keymap.js';
import { useCall } from '../hooks/use-session.js';
import type { Line } from '../line.js';
import type { ScreenOf } from '../screen-state.js';
import { visibleTop } from '../scrolling.js';
import { overviewLines, spansOf } from './overview-lines.js';
import type { ScreenProps } from './screen-props.js';

export function OverviewScreen({ screen, width, height }: ScreenProps<ScreenOf<'overview'>>) {
  const { push, navigation } = useApp();
  const { value, error } = useCall('overview', {});
  const bodyHeight = height - frameLines;
  const view = value ? overviewLines(value, width, bodyHeight) : undefined;
  const choices = view?.choices ?? [];
  const motion = useListMotion(screen.id, choices.length, bodyHeight);
  useCommands((command) => {
    if (motion(command) || command !== 'open') return;
    const now = navigation.get().stack.find((each) => each.id === screen.id) ?? screen;
    push(choices[Math.min(now.place.cursor, choices.length - 1)]?.to ?? spansOf(''));
  });
  if (view === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context="overview"
        body={notReadyBody(error, width)}
        awaited={error === undefined}
      />
    );
  const cursor = Math.min(screen.place.cursor, choices.length - 1);
  const at = choices[cursor]?.line ?? 0;
  // The body follows the cursor; without one below the fold it starts at its top.
  // On the last choice what stands below all of them comes into view.
  const last = cursor === choices.length - 1 ? Math.min(at, view.lines.length - bodyHeight) : 0;
  const top = cursor <= 0 ? 0 : visibleTop({ cursor: at, top: last }, view.lines.length, bodyHeight);
  const lines = view.lines.map((line, i): Line => (i === at && choices.length > 0 ? ['▶', ...line.slice(1)] : line));
  const body = lines.slice(top, top + bodyHeight);
  const hidden = view.lines.length - bodyHeight;
  const status = hidden > 0 ? [`${hidden} ${hidden === 1 ? 'line' : 'lines'} more`] : [];
  return (
    <Frame
      width={width}
      height={height}
      context="overview"
      body={body}
      selected={choices.length > 0 ? at - top : undefined}
      status={status}
    />
  );
}
