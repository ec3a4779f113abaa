// Which stacks point into a range: a line for each word or register with a value in it. Enter goes to the frame that holds it.
import type { StackPointer, StackPointersResult } from '../../src/analysis/results-browse.js';
import type { Mark } from '../../src/output/format.js';
import { TextBody } from '../components/text-body.js';
import { type TextRow, textRow } from '../components/text-rows.js';
import { useApp } from '../hooks/use-app.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import type { Line } from '../line.js';
import { goroutineAt, memoryAt } from '../navigation.js';
import { bytesText, grouped } from '../numbers.js';
import type { NewScreen, ScreenOf } from '../screen-state.js';
import { start } from '../scrolling.js';
import { fitText } from '../terminal/text-width.js';
import type { ScreenProps } from './screen-props.js';

export function PointersScreen({ screen, width, height }: ScreenProps<ScreenOf<'pointers'>>) {
  const mark = useApp().session.marks('g');
  const { value, error } = useCall('stackPointers', { start: screen.address, end: screen.end });
  const pointers = value?.pointers ?? [];
  const widths = widthsOf(pointers, Number(screen.address));
  const rows = pointers.map((pointer) => pointerRow(pointer, Number(screen.address), widths, mark));
  const head: Line[] = [
    [' ', ['title', `${screen.address}–${screen.end}`], `  ${screen.what}`],
    ...(value === undefined ? [] : summary(value)),
    [],
    value?.found === 0
      ? ['   nothing on a stack and no register points here']
      : [['dim', `  ${columns('goroutine', 'state', 'at'.padEnd(widths.at), 'value'.padEnd(widths.value), 'frame')}`]],
  ];
  const view = useTextView(screen, rows, height, head.length);
  return (
    <TextBody
      width={width}
      height={height}
      context="pointers"
      view={view}
      head={head}
      waiting={value === undefined ? 'looking through the stacks…' : undefined}
      error={error}
    />
  );
}

function summary(found: StackPointersResult): Line[] {
  const { found: count, goroutines, pointers, stacks, bytes, notLookedAt, whole, unreadable } = found;
  const first: Line = [
    ` ${grouped(count)} ${count === 1 ? 'word' : 'words'} on stacks of ${grouped(goroutines)} ${goroutines === 1 ? 'goroutine' : 'goroutines'} and in registers`,
    ['dim', `  (${grouped(stacks)} stacks, ${bytesText(bytes)})`],
  ];
  const doubts = [
    ...(count > pointers.length ? [`the first ${grouped(pointers.length)} are listed`] : []),
    ...(notLookedAt > 0 ? [`${grouped(notLookedAt)} stacks were not looked at: the bound is reached`] : []),
    ...(unreadable > 0 ? [`${grouped(unreadable)} stacks are missing in part`] : []),
    ...(whole > 0 ? [`of ${grouped(whole)} stacks the SP is unknown: all of them was looked at`] : []),
  ];
  const caution = 'a word may be left over: a pointer here is no proof that it is used';
  return [first, [['dim', ` ${caution}`]], ...doubts.map((doubt): Line => [['warn', ` ${doubt}`]])];
}

interface Widths {
  readonly at: number;
  readonly value: number;
}

/** Addresses are never cut. */
function widthsOf(pointers: readonly StackPointer[], from: number): Widths {
  return {
    at: pointers.reduce((most, pointer) => Math.max(most, atText(pointer).length), 14),
    value: pointers.reduce((most, pointer) => Math.max(most, valueText(pointer, from).length), 14),
  };
}

const atText = ({ at, register, tid }: StackPointer) => at ?? `${register}, t ${tid}`;

function valueText({ value }: StackPointer, from: number): string {
  const offset = Number(value) - from;
  return offset === 0 ? value : `${value} +${grouped(offset)}`;
}

function columns(goid: string, state: string, at: string, value: string, frame: string): string {
  return `${goid.padStart(9)} ${fitText(state, 15)} ${at} ${value} ${frame}`;
}

/** `mark`: of what is read of a g. */
function pointerRow(pointer: StackPointer, from: number, widths: Widths, mark: Mark): TextRow {
  const { goid, tid, state, at, value, frame, func } = pointer;
  const text = columns(
    goid === null ? `t ${tid}` : mark(String(goid)),
    goid === null ? state : mark(state),
    atText(pointer).padEnd(widths.at),
    valueText(pointer, from).padEnd(widths.value),
    frame === null ? '' : `${frame} ${func ?? '?'}`,
  );
  return textRow([text], { name: at ?? value, address: at ?? value, to: whereTo(pointer) });
}

function whereTo({ goid, tid, at, frame, value }: StackPointer): NewScreen {
  if (goid !== null) return goroutineAt(String(goid), frame ?? 0);
  if (tid !== null) return { kind: 'thread', tid, all: true, place: start };
  return memoryAt(at ?? value);
}
