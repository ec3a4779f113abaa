// The frame of every screen: breadcrumbs and the Go version on top, a rule, the body, a rule, and the status bar (or a message, or the prompt).
import { Box, Text } from 'ink';
import { memo, useLayoutEffect } from 'react';
import type { Context } from '../bindings/binding.js';
import { useApp } from '../hooks/use-app.js';
import { asLines, type Line, paintLine } from '../line.js';
import { breadcrumbLine } from './breadcrumbs.js';
import { promptLine } from './prompt.js';
import { activityWords, messageLines, statusLine } from './status-bar.js';

/** Lines of the frame around the body. */
export const frameLines = 4;

export interface FrameProps {
  readonly width: number;
  readonly height: number;
  readonly context: Context;
  readonly body: readonly Line[];
  /** Line of the body that is selected: drawn inverse over the whole width. */
  readonly selected?: number | undefined;
  /** What the screen has to say in the status bar, e.g. `12 of 345`. */
  readonly status?: readonly string[];
  /** What the screen is about is still under way: keys that ask for it wait. */
  readonly awaited?: boolean;
}

/** One screen row. It is drawn again only when its text has changed. */
const Row = memo(({ text }: { readonly text: string }) => <Text wrap="truncate">{text === '' ? ' ' : text}</Text>);

export function Frame({ width, height, context, body, selected, status = [], awaited = false }: FrameProps) {
  const { navigation, session, theme, viewLines, setAwaited } = useApp();
  const state = navigation.get();
  const covered = state.help !== undefined && context !== 'help';
  useLayoutEffect(() => {
    if (!covered) viewLines.current = () => asLines(body);
    if (context !== 'help') setAwaited(awaited);
  });
  if (covered) return null;
  const rule: Line = [['dim', '─'.repeat(width)]];
  const bottom: readonly Line[] = state.prompt
    ? [promptLine(state.prompt, width, session.activity && activityWords(session.activity))]
    : state.message
      ? messageLines(state.message, width)
      : [statusLine({ session, context, status, width, atRoot: state.stack.length === 1 })];
  // A message of several lines covers the end of the body.
  const bodyHeight = Math.max(1, height - frameLines - bottom.length + 1);
  const rows = [
    paintLine(breadcrumbLine(state, session, width), width, theme),
    paintLine(rule, width, theme),
    ...Array.from({ length: bodyHeight }, (_, i) =>
      paintLine(body[i] ?? [], width, theme, i === selected ? 'selected' : undefined),
    ),
    paintLine(rule, width, theme),
    ...bottom.map((line) => paintLine(line, width, theme)),
  ];
  return (
    <Box flexDirection="column" width={width} height={height}>
      {rows.map((text, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its place
        <Row key={row} text={text} />
      ))}
    </Box>
  );
}
