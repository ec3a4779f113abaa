// Memory from an address on, without end: each word with what it points at. Enter follows a pointer, Esc comes back.

import type { Command } from '../bindings/binding.js';
import { Frame, frameLines } from '../components/frame.js';
import { bytesPerLine, memoryHead, memoryLines, wordAt, wordLines, wordSizeOf } from '../components/memory-view.js';
import { notReadyBody } from '../components/not-ready.js';
import { type AppServices, useApp } from '../hooks/use-app.js';
import { useCommands } from '../hooks/use-keymap.js';
import { memoryBlock, useMemory } from '../hooks/use-memory.js';
import type { Line } from '../line.js';
import { findAt, memoryAt } from '../navigation.js';
import { pointersToFound } from '../pointers-to.js';
import type { ScreenOf } from '../screen-state.js';
import { isMotion, type Motion, type Place } from '../scrolling.js';
import { errorReply, errorText } from '../ui-session.js';
import type { ScreenProps } from './screen-props.js';

type MemoryState = ScreenOf<'memory'>;

/** A space and the lines about the word under the cursor. */
const footHeight = 4;
const lowest = 0;
const highest = Number.MAX_SAFE_INTEGER;

export function MemoryScreen({ screen, width, height }: ScreenProps<MemoryState>) {
  const app = useApp();
  const rowsHeight = Math.max(3, height - frameLines - 1 - footHeight);
  const memory = useMemory(screen.place.top, rowsHeight * bytesPerLine);
  const wordSize = wordSizeOf(memory.blockAt(screen.place.cursor));
  const unit = screen.view === 'words' ? wordSize : bytesPerLine;
  const place = aligned(screen.place, unit, rowsHeight);
  useCommands((command) => {
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now?.kind !== 'memory') return;
    const lines = now.view === 'words' ? wordSize : bytesPerLine;
    const at = aligned(now.place, lines, rowsHeight);
    if (isMotion(command)) {
      const next = command === 'top' ? startOf(now) : movedBy(at, command, lines, rowsHeight);
      app.navigation.dispatch({ type: 'patch', id: now.id, patch: { place: next } });
    } else memoryCommand(app, now, at.cursor, command);
  });
  if (memory.error !== undefined)
    return (
      <Frame
        width={width}
        height={height}
        context="memory"
        body={notReadyBody(memory.error, width)}
        awaited={memory.error === undefined}
      />
    );
  const lines = memoryLines({
    ...place,
    unit,
    width,
    view: screen.view,
    height: rowsHeight,
    range: { start: Number(screen.address), end: Number(screen.address) + screen.length },
    blockAt: memory.blockAt,
  });
  const word = wordAt(memory.blockAt(place.cursor), place.cursor);
  const foot: Line[] = screen.view === 'words' ? wordLines(word, place.cursor, width) : [];
  return (
    <Frame
      width={width}
      height={height}
      context="memory"
      body={[memoryHead(screen.address, screen.length, screen.what), ...lines, [], ...foot]}
      selected={(place.cursor - place.top) / unit + 1}
    />
  );
}

const startOf = ({ address }: MemoryState): Place => ({ cursor: Number(address), top: Number(address) });

/** The place on lines of `unit` bytes, the cursor in sight. */
function aligned(place: Place, unit: number, height: number): Place {
  const cursor = Math.floor(place.cursor / unit) * unit;
  const top = Math.floor(place.top / unit) * unit;
  const first = cursor - (height - 1) * unit;
  return { cursor, top: Math.max(lowest, Math.min(cursor, Math.max(first, top))) };
}

function movedBy(place: Place, motion: Motion, unit: number, height: number): Place {
  const lines = motion.startsWith('half') ? Math.ceil(height / 2) : motion.startsWith('page') ? height : 1;
  const delta = (motion.endsWith('up') ? -lines : lines) * unit;
  const last = Math.floor((highest - height * unit) / unit) * unit;
  const within = (address: number) => Math.max(lowest, Math.min(address, last));
  const cursor = within(place.cursor + delta);
  return aligned({ cursor, top: lines === 1 ? place.top : within(place.top + delta) }, unit, height);
}

function memoryCommand(app: AppServices, screen: MemoryState, cursor: number, command: Command): void {
  switch (command) {
    case 'address':
      app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'address', text: '', candidates: [] } });
      return;
    case 'mode':
      app.navigation.dispatch({
        type: 'patch',
        id: screen.id,
        patch: { view: screen.view === 'words' ? 'bytes' : 'words' },
      });
      return;
    case 'pointers':
      void askWhatPointsTo(app, cursor);
      return;
    case 'copy':
      app.copy(`0x${cursor.toString(16)}`);
      return;
    case 'open':
    case 'find':
      if (screen.view === 'words') void follow(app, cursor, command);
      else app.notify('sixteen bytes are no pointer: t shows words', true);
      return;
    default:
      return;
  }
}

/** The stacks that point into the slot, or to the place, that a line is of. */
async function askWhatPointsTo(app: AppServices, address: number): Promise<void> {
  try {
    const found = await app.hold(app.session.call('find', { address: `0x${address.toString(16)}` }));
    app.push(pointersToFound(found));
  } catch (error) {
    app.notify(errorText(errorReply(error)), true);
  }
}

/** To what the word at an address points at, waiting for it if it is still under way. */
async function follow(app: AppServices, address: number, command: 'open' | 'find'): Promise<void> {
  try {
    const word = wordAt(await app.hold(memoryBlock(app.session, address)), address);
    if (word?.value === null || word?.value === undefined) app.notify('this word is not in the image', true);
    else if (Number(word.value) === 0) app.notify('nil leads nowhere', true);
    else if (word.points === null) app.notify(`${word.value} points at nothing that the image knows`, true);
    else app.push(command === 'open' ? memoryAt(word.value, 0, word.points) : findAt(word.value));
  } catch (error) {
    app.notify(errorText(errorReply(error)), true);
  }
}
