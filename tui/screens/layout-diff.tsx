// What moved between two releases, struct by struct.
import { Frame } from '../components/frame.js';
import { diffRows } from '../components/layout-rows.js';
import { notReadyBody } from '../components/not-ready.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import type { Line } from '../line.js';
import { grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import type { ScreenProps } from './screen-props.js';

export function LayoutDiffScreen({ screen, width, height }: ScreenProps<ScreenOf<'layout-diff'>>) {
  const { value, error } = useCall('layoutDiff', { a: screen.a, b: screen.b });
  const rows = value ? diffRows(value, screen.struct) : [];
  const view = useTextView(screen, rows, height, 1);
  if (value === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context="layout-diff"
        body={notReadyBody(error, width, 'comparing…')}
        awaited={error === undefined}
      />
    );
  const what = screen.struct ?? `${grouped(Object.keys(value.structs).length)} structs differ`;
  const head: Line = [
    ' ',
    ['title', `${value.a} → ${value.b}`],
    `  ${value.arch}  ${what}   `,
    ['dim', '+ added  − removed  → moved  ≠ retyped'],
  ];
  const body =
    rows.length === 0
      ? [head, [], [`   ${screen.struct ?? 'no struct'} ${screen.struct ? 'is the same in both' : 'differs'}`]]
      : [head, ...view.lines];
  return (
    <Frame
      width={width}
      height={height}
      context="layout-diff"
      body={body}
      selected={rows.length === 0 ? undefined : view.selected}
      status={view.status}
    />
  );
}
