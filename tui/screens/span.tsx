// One span: its fields with value, offset and source, and its slot map, which the arrow keys walk over.
import type { SpanDetail } from '../../src/analysis/results.js';
import type { Command } from '../bindings/binding.js';
import { slotsPerLine } from '../components/bitmap.js';
import { Frame, frameLines } from '../components/frame.js';
import { notReadyBody } from '../components/not-ready.js';
import {
  fieldText,
  firstFieldLine,
  orderedFields,
  paneHeight,
  plainText,
  slotAddress,
  spanLines,
} from '../components/span-view.js';
import { type AppServices, useApp } from '../hooks/use-app.js';
import { useCommands, useListMotion } from '../hooks/use-keymap.js';
import { useCall } from '../hooks/use-session.js';
import { memoryAt, pointersTo } from '../navigation.js';
import { addressPlus, grouped } from '../numbers.js';
import type { ScreenOf } from '../screen-state.js';
import { isMotion, placeAt, visibleTop } from '../scrolling.js';
import { searchFirst, searchFrom } from '../search.js';
import type { ScreenProps } from './screen-props.js';

type SpanState = ScreenOf<'span'>;

export function SpanScreen({ screen, width, height }: ScreenProps<SpanState>) {
  const app = useApp();
  const { value: span, error } = useCall('span', { address: screen.address });
  if (span !== undefined) app.known.lastSpan = span.addr;
  const bodyHeight = height - frameLines;
  const mark = app.session.marks('mspan');
  const fieldCount = span ? Object.keys(span.fields).length : 0;
  const rowsHeight = span ? paneHeight(span, { width, height: bodyHeight, pane: screen.pane, mark }) : 1;
  const motion = useListMotion(screen.id, fieldCount, rowsHeight);
  const context = screen.pane === 'map' ? 'span-map' : 'span-fields';
  useCommands((command) => {
    const now = app.navigation.get().stack.find((each) => each.id === screen.id);
    if (now?.kind !== 'span') return;
    if (command === 'next-pane' || command === 'previous-pane') {
      app.navigation.dispatch({ type: 'patch', id: now.id, patch: { pane: now.pane === 'map' ? 'fields' : 'map' } });
    } else if (span === undefined) return;
    else if (now.pane === 'map') mapCommand(app, now, span, command, { width, height: rowsHeight });
    else if (!motion(command)) fieldCommand(app, now, span, command, rowsHeight);
  });
  if (span === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context={context}
        body={notReadyBody(error, width, 'reading the span…')}
        awaited={error === undefined}
      />
    );
  const body = spanLines(span, {
    width,
    height: bodyHeight,
    pane: screen.pane,
    slot: screen.slot,
    fields: screen.place,
    search: screen.search,
    theme: app.theme,
    cursor: true,
    mark,
  });
  const status =
    screen.pane === 'map'
      ? [`slot ${grouped(Math.min(screen.slot.cursor, span.slots.length - 1))} of ${grouped(span.slots.length)}`]
      : [`${grouped(screen.place.cursor + 1)} of ${grouped(fieldCount)}`];
  const selected =
    screen.pane === 'fields'
      ? screen.place.cursor - visibleTop(screen.place, fieldCount, rowsHeight) + firstFieldLine(span, { width, mark })
      : undefined;
  return (
    <Frame
      width={width}
      height={height}
      context={context}
      body={body}
      selected={selected}
      status={span.slots.length > 0 ? status : []}
    />
  );
}

function mapCommand(
  app: AppServices,
  screen: SpanState,
  span: SpanDetail,
  command: Command,
  view: { width: number; height: number },
): void {
  const { slots } = span;
  if (slots.length === 0) {
    if (command === 'pointers') pointersIntoSpan(app, span);
    return;
  }
  const perLine = slotsPerLine(view.width, slots.length);
  const { cursor, top } = screen.slot;
  const go = (slot: number) => {
    const at = Math.max(0, Math.min(slot, slots.length - 1));
    const lines = Math.ceil(slots.length / perLine);
    const slotPlace = { cursor: at, top: visibleTop({ cursor: Math.floor(at / perLine), top }, lines, view.height) };
    app.navigation.dispatch({ type: 'patch', id: screen.id, patch: { slot: slotPlace } });
  };
  if (isMotion(command)) {
    const steps = {
      up: -perLine,
      down: perLine,
      'half-up': -perLine * Math.ceil(view.height / 2),
      'half-down': perLine * Math.ceil(view.height / 2),
      'page-up': -perLine * view.height,
      'page-down': perLine * view.height,
      top: -slots.length,
      bottom: slots.length,
    } as const;
    const target = cursor + steps[command];
    // Up in the first line and down in the last stay where they are: the column is not lost.
    if (
      (command === 'up' && target < 0) ||
      (command === 'down' &&
        target >= slots.length &&
        Math.floor(cursor / perLine) === Math.floor((slots.length - 1) / perLine))
    )
      return;
    go(target);
    return;
  }
  const address = slotAddress(span, cursor);
  switch (command) {
    case 'left':
      go(cursor - 1);
      return;
    case 'right':
      go(cursor + 1);
      return;
    case 'next-match':
    case 'previous-match':
      go(otherState(slots, cursor, command === 'next-match' ? 1 : -1));
      return;
    case 'copy':
      if (address !== undefined) app.copy(address);
      return;
    case 'pointers':
      if (address === undefined) app.notify('the address of this slot is not known', true);
      else app.push(pointersTo(address, Number(span.slotSize), `slot ${grouped(cursor)} of ${span.base ?? span.addr}`));
      return;
    case 'bytes':
      if (address === undefined) app.notify('the address of this slot is not known', true);
      else app.push(memoryAt(address, Number(span.slotSize), `slot ${grouped(cursor)} of ${span.base ?? span.addr}`));
      return;
    default:
      return;
  }
}

function pointersIntoSpan(app: AppServices, { base, addr, limit }: SpanDetail): void {
  const length = base === null || limit === null ? 0 : Number(limit) - Number(base);
  if (base === null || length <= 0) app.notify('startAddr or limit of this span is not known', true);
  else app.push(pointersTo(base, length, `span of mspan ${addr}`));
}

/** The nearest slot in a direction whose state is another; the present one if there is none. */
function otherState(slots: string, from: number, step: 1 | -1): number {
  for (let slot = from + step; slot >= 0 && slot < slots.length; slot += step)
    if (slots[slot] !== slots[from]) return slot;
  return from;
}

function fieldCommand(app: AppServices, screen: SpanState, span: SpanDetail, command: Command, height: number): void {
  const fields = orderedFields(span);
  const entry = fields[screen.place.cursor];
  if (entry === undefined) return;
  const [name, field] = entry;
  switch (command) {
    case 'copy':
      app.copy(typeof field.value === 'string' ? field.value : plainText(field.value));
      return;
    case 'bytes': {
      const pointee =
        field.type.startsWith('*') && typeof field.value === 'string' && field.value !== '0x0'
          ? field.value
          : undefined;
      const address = pointee ?? addressPlus(span.addr, field.offset);
      app.push(
        pointee
          ? memoryAt(pointee, 0, `what ${name} points to`)
          : memoryAt(address, field.size, `mspan.${name} of ${span.base ?? span.addr}`),
      );
      return;
    }
    case 'pointers':
      pointersIntoSpan(app, span);
      return;
    case 'search':
      app.navigation.dispatch({ type: 'prompt', prompt: { kind: 'search', text: '', candidates: [] } });
      return;
    case 'first-match':
    case 'next-match':
    case 'previous-match': {
      const texts = fields.map(([each, value]) => fieldText(each, value, app.session.marks('mspan')));
      const { search, place } = screen;
      const found =
        command === 'first-match'
          ? searchFirst(texts, search, place.cursor)
          : searchFrom(texts, search, place.cursor, command === 'next-match' ? 1 : -1);
      if (found < 0)
        app.notify(
          screen.search === '' ? '/ searches; n goes to the next match' : `no field has «${screen.search}»`,
          true,
        );
      else
        app.navigation.dispatch({
          type: 'patch',
          id: screen.id,
          patch: { place: placeAt(screen.place, found, fields.length, height) },
        });
      return;
    }
    default:
      return;
  }
}
