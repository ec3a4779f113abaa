// One stack, of a goroutine or a thread: each frame with pc, SP and why it is believed. Enter goes to the frame's slots.
import type { FrameRow } from '../../src/analysis/results-browse.js';
import type { Marks } from '../../src/output/format.js';
import type { Calls } from '../../src/session/protocol.js';
import type { Command } from '../bindings/binding.js';
import { Frame, frameLines } from '../components/frame.js';
import { frameColumns, frameFoot } from '../components/frame-table.js';
import { placeText, stateText, waitText } from '../components/goroutine-table.js';
import { notReadyBody } from '../components/not-ready.js';
import { headerLine, rowLine } from '../components/table.js';
import { type AppServices, useApp } from '../hooks/use-app.js';
import { frameOf, type StackOwner, useFrames } from '../hooks/use-frames.js';
import { useCommands, useListMotion } from '../hooks/use-keymap.js';
import type { Line } from '../line.js';
import { findAt, goroutineAt, memoryAt } from '../navigation.js';
import { grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import { start, visibleTop } from '../scrolling.js';
import { errorReply, errorText } from '../ui-session.js';
import type { ScreenProps } from './screen-props.js';

type StackState = ScreenOf<'goroutine'> | ScreenOf<'thread'>;

/** Three lines of what the stack is of, and the header; below a blank and the frame in full. */
const headHeight = 4;
const footHeight = 4;

export function StackScreen({ screen, width, height }: ScreenProps<StackState>) {
  const app = useApp();
  const rowsHeight = Math.max(3, height - frameLines - headHeight - footHeight);
  const owner: StackOwner =
    screen.kind === 'goroutine'
      ? { call: 'goroutine', goid: screen.goid, all: screen.all }
      : { call: 'thread', tid: screen.tid, all: screen.all };
  const wanted = Math.max(0, screen.place.top);
  const frames = useFrames(owner, wanted, rowsHeight);
  const { answer } = frames;
  if (screen.kind === 'goroutine' && answer !== undefined) app.known.lastGoroutine = screen.goid;
  const count = answer?.matching ?? 0;
  const motion = useListMotion(screen.id, count, rowsHeight);
  useCommands((command) => {
    if (motion(command)) return;
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now?.kind !== screen.kind || answer === undefined) return;
    stackCommand(app, now, owner, answer, command);
  });
  if (answer === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context={screen.kind}
        body={notReadyBody(frames.error, width, 'unwinding the stack…')}
        awaited={frames.error === undefined}
      />
    );
  const top = visibleTop(screen.place, count, rowsHeight);
  const cursor = Math.max(0, Math.min(screen.place.cursor, count - 1));
  const rows = Array.from({ length: Math.max(0, Math.min(rowsHeight, count - top)) }, (_, i) => frames.at(top + i));
  const columns = frameColumns(width, rows);
  const lines = rows.map(
    (row, i): Line => (row === undefined ? [['dim', '  …']] : rowLine(columns, row, top + i === cursor)),
  );
  const hidden = answer.total - answer.matching;
  const body: Line[] = [
    ...headOf(answer, app.session.marks),
    headerLine(columns),
    ...(count === 0 ? [[['dim', '  no frames'] as const]] : lines),
    ...Array.from({ length: rowsHeight - Math.max(1, lines.length) }, (): Line => []),
    [],
    ...frameFoot(frames.at(cursor), width),
  ];
  return (
    <Frame
      width={width}
      height={height}
      context={screen.kind}
      body={body}
      selected={count === 0 ? undefined : cursor - top + headHeight}
      status={[
        `${grouped(count === 0 ? 0 : cursor + 1)} of ${grouped(count)}`,
        ...(hidden > 0 ? [`${grouped(hidden)} hidden`] : []),
        ...(answer.leftOut > 0 ? [`${grouped(answer.leftOut)} in the middle left out`] : []),
      ]}
    />
  );
}

type StackAnswer = Calls['goroutine']['result'] | Calls['thread']['result'];

/** Three lines. */
function headOf(answer: StackAnswer, marks: Marks): Line[] {
  const mark = marks('g');
  if ('thread' in answer) {
    const { tid, signal, m, mid, goid, on, complete, stoppedBecause } = answer.thread;
    return [
      [
        ['title', ` thread ${tid}`],
        m === null ? '  no m of Go’s' : `  m ${marks('m')(String(mid))} ${m}`,
        goid === null ? '' : `, runs goroutine ${mark(String(goid))}`,
        on === 'other' || on === 'unknown' ? '' : `, on ${on === 'goroutine' ? 'its stack' : `the ${on} stack`}`,
        signal === 0 ? '' : `, signal ${signal}`,
      ],
      incomplete(complete, stoppedBecause),
      [],
    ];
  }
  const { goid, g, stack, stackUsed, waitSinceAtLeast, thread, createdBy, startFunc, complete, stoppedBecause } =
    answer.goroutine;
  const words = [
    mark(stateText(answer.goroutine)),
    ...(waitSinceAtLeast === null ? [] : [waitText(waitSinceAtLeast, mark)]),
    ...(thread === null ? [] : [`on thread ${thread}`]),
  ];
  const size = Number(stack.end) - Number(stack.start);
  const used =
    stackUsed === null
      ? `${mark(grouped(size))} bytes, SP unknown`
      : `${mark(grouped(stackUsed))} of ${mark(grouped(size))} bytes in use`;
  const by =
    createdBy === null
      ? ''
      : ` created by ${createdBy.func ?? createdBy.pc}${createdBy.goid === undefined ? '' : ` in goroutine ${createdBy.goid}`}  ${placeText(createdBy, false)}`;
  return [
    [
      ['title', ` goroutine ${mark(String(goid))}`],
      ` [${words.join(', ')}]`,
      ['dim', `  g ${g}, started in ${startFunc ?? '?'}`],
    ],
    [['dim', ` stack ${mark(stack.start)}–${mark(stack.end)}, ${used}`]],
    complete ? [['dim', by]] : incomplete(complete, stoppedBecause),
  ];
}

function incomplete(complete: boolean, why: string | null): Line {
  return complete ? [] : [['warn', ` the stack ends early: ${why ?? 'it is not known why'}`]];
}

function stackCommand(
  app: AppServices,
  screen: StackState,
  owner: StackOwner,
  answer: StackAnswer,
  command: Command,
): void {
  switch (command) {
    case 'all':
      app.navigation.dispatch({ type: 'patch', id: screen.id, patch: { all: !screen.all, place: start } });
      return;
    case 'goroutine': {
      const goid = 'thread' in answer ? answer.thread.goid : null;
      if (goid === null) app.notify('this thread runs no goroutine', true);
      else app.push(goroutineAt(String(goid)));
      return;
    }
    case 'open':
    case 'bytes':
    case 'copy':
    case 'find':
      void withFrame(app, screen, owner, command);
      return;
    default:
      return;
  }
}

/** Does something with the frame under the cursor, waiting for it if it is still under way. */
async function withFrame(
  app: AppServices,
  screen: StackState,
  owner: StackOwner,
  command: 'open' | 'bytes' | 'copy' | 'find',
): Promise<void> {
  try {
    const frame = await app.hold(frameOf(app.session, owner, screen.place.cursor));
    if (frame === undefined) return;
    if (command === 'copy') app.copy(frame.pc);
    else if (command === 'find') app.push(findAt(frame.pc));
    else if (command === 'bytes') app.push(memoryAt(frame.pc, 0, `code of ${frame.func ?? '?'}`));
    else app.push(memoryAt(frame.sp, slotBytes(frame), slotsOf(frame, owner)));
  } catch (error) {
    app.notify(errorText(errorReply(error)), true);
  }
}

const slotBytes = ({ sp, end }: FrameRow) => (end === null ? 0 : Number(end) - Number(sp));
const slotsOf = ({ index, func }: FrameRow, owner: StackOwner) =>
  `frame ${index} of ${owner.call} ${owner.call === 'goroutine' ? owner.goid : owner.tid}: ${func ?? '?'}`;
