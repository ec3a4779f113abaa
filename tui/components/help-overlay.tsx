// `?` over any screen.

import type { Context } from '../bindings/binding.js';
import { useApp } from '../hooks/use-app.js';
import type { Line } from '../line.js';
import { visibleTop } from '../scrolling.js';
import { Frame, frameLines } from './frame.js';
import { helpLines } from './help.js';

export function HelpOverlay({
  context,
  width,
  height,
}: {
  readonly context: Context;
  readonly width: number;
  readonly height: number;
}) {
  const { navigation } = useApp();
  const help = navigation.get().help;
  if (help === undefined) return null;
  const lines = helpLines(context, help.filter, width);
  const room = height - frameLines - 1;
  const top = visibleTop(help.place, lines.length, room);
  const head: Line = [
    ['title', ' help'],
    ['dim', `   / filters   j k move   q closes   Ctrl-C quit${help.filter === '' ? '' : `   /${help.filter}`}`],
  ];
  const body = [head, ...lines.slice(top, top + room)];
  const status =
    lines.length > room ? [`lines ${top + 1}–${Math.min(lines.length, top + room)} of ${lines.length}`] : [];
  return <Frame width={width} height={height} context="help" body={body} status={status} />;
}
