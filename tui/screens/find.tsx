// What an address is: the one-line answer, then each thing that it belongs to, with the way there.
import type { FindResult } from '../../src/analysis/results.js';
import { markOf } from '../../src/output/format.js';
import { slotWords } from '../components/bitmap.js';
import { TextBody } from '../components/text-body.js';
import { type TextRow, textRow } from '../components/text-rows.js';
import { useApp } from '../hooks/use-app.js';
import { useCall } from '../hooks/use-session.js';
import { useTextView } from '../hooks/use-text-view.js';
import { type Line, wrapText } from '../line.js';
import { findAt, goroutineAt, memoryAt, spanAt } from '../navigation.js';
import { bytesText, classText, grouped } from '../numbers.js';
import { pointersToFound } from '../pointers-to.js';
import type { NewScreen, ScreenOf } from '../screen-state.js';
import { start } from '../scrolling.js';
import { textWidth } from '../terminal/text-width.js';
import type { ScreenProps } from './screen-props.js';

export function FindScreen({ screen, width, height }: ScreenProps<ScreenOf<'find'>>) {
  const { value, error } = useCall('find', { address: screen.address });
  const rows = value ? findRows(value, width) : [];
  const { push } = useApp();
  const view = useTextView(screen, rows, height, 0, (command) => {
    if (command === 'pointers' && value) push(pointersToFound(value));
  });
  return (
    <TextBody
      width={width}
      height={height}
      context="find"
      view={view}
      waiting={value === undefined ? 'looking…' : undefined}
      error={error}
    />
  );
}

const labelWidth = 11;

function findRows(found: FindResult, width: number): TextRow[] {
  const markTold = (struct: string) => markOf(found.told?.includes(struct) ? 'inferred' : 'table');
  const [mark, markG] = [markTold('mspan'), markTold('g')];
  const { span, slot, stack, object, symbol, mapping, section } = found;
  const rows: TextRow[] = [];
  const add = (label: string, text: string, rest: { to?: NewScreen; address?: string } = {}, hint = '') => {
    const parts = wrapText(text, Math.max(20, width - labelWidth - 4));
    for (const [i, part] of parts.entries()) {
      const line: Line = [['title', (i === 0 ? label : '').padEnd(labelWidth)], part];
      const fits = textWidth(part) + textWidth(hint) + labelWidth + 6 <= width;
      const last = i === parts.length - 1 && hint !== '' && fits;
      rows.push(textRow(last ? [...line, ['dim', `   ${hint}`]] : line, { ...rest, name: rest.address ?? '' }));
    }
  };
  add('address', found.address, { address: found.address, to: memoryAt(found.address) }, 'Enter: its memory');
  add('is', found.what);
  rows.push(textRow([]));
  if (slot !== null)
    add(
      'slot',
      `${mark(grouped(slot.index))} at ${mark(slot.address)}, ${mark(bytesText(slot.size))}: ${mark(slotWords(slot.state))}${slot.offset > 0 ? `; the address is ${mark(grouped(slot.offset))} bytes into it` : ''}`,
      { address: slot.address, to: memoryAt(slot.address, Number(slot.size), `slot ${grouped(slot.index)}`) },
      'Enter: its memory',
    );
  if (span !== null) {
    const cls =
      span.state === 'inuse'
        ? `, class ${mark(classText(span.sizeclass, span.noscan))}, ${mark(bytesText(span.elemsize))} a slot`
        : '';
    const pages = `${grouped(span.npages)} ${span.npages === 1 ? 'page' : 'pages'}`;
    const last = found.kind === 'mapping' ? ' (the last span that had this page)' : '';
    add(
      'span',
      `${mark(span.base ?? '⨯')}–${mark(span.limit ?? '⨯')}, ${mark(span.state ?? '?')}, ${mark(pages)}${cls}${last}`,
      { address: span.base ?? span.addr, to: spanAt(span.addr, slot?.index ?? 0) },
      'Enter: the span',
    );
    add('mspan', span.addr, { address: span.addr, to: memoryAt(span.addr, 0, 'mspan') }, 'Enter: its memory');
  }
  if (stack !== null) {
    const owner = Number(stack.goid) > 0 ? `goroutine ${markG(grouped(stack.goid))}` : 'a thread';
    add(
      'stack',
      `${markG(stack.lo)}–${markG(stack.hi)} of ${owner} (${markG(stack.status)})`,
      { address: stack.lo, to: memoryAt(stack.lo, Number(stack.hi) - Number(stack.lo), 'stack') },
      'Enter: its memory',
    );
    if (Number(stack.goid) > 0)
      add(
        'frames',
        `of goroutine ${markG(String(stack.goid))}`,
        { to: goroutineAt(String(stack.goid)) },
        'Enter: its stack',
      );
    add('g', stack.g, { address: stack.g, to: findAt(stack.g) }, 'Enter: the g of the stack');
  }
  if (object !== null)
    add(
      'struct',
      `runtime.${object.type} at ${object.address}${object.field === null ? '' : `, field ${object.field}`}`,
      {
        address: object.address,
        to: { kind: 'struct', name: '', struct: object.type, place: start, search: object.field ?? '' },
      },
      'Enter: its fields',
    );
  if (symbol !== null)
    add(
      'symbol',
      `${symbol.name}${symbol.offset > 0 ? ` + ${grouped(symbol.offset)} bytes` : ''} (by ${symbol.method})`,
    );
  if (section !== null) add('section', `${section} of the program`);
  if (mapping !== null)
    add(
      'mapping',
      `${mapping.start}–${mapping.end} ${mapping.flags}, ${mapping.origin}${mapping.detail === '' ? '' : `: ${mapping.detail}`}`,
      { address: mapping.start, to: memoryAt(mapping.start, 0, 'mapping') },
      'Enter: its beginning',
    );
  return rows;
}
