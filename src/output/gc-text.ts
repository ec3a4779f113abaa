// `gc` for people, most useful first: phase and settings, live heap against trigger and goal, the last cycles, then every field by its own name with what
// the program itself could have seen of it.
import type { BigCount, GcCycle, GcResult, GcStruct } from '../analysis/results.js';
import { fold } from './fold.js';
import { bytesText, durationText, grouped, type Mark, markOf, printable, settingBy } from './format.js';

/** 2^64-1: nothing bounds the heap. */
const unbounded = '18446744073709551615';
/** Elements of an array, and cycles, that are shown. */
const shownElements = 8;
const shownCycles = 10;
const width = 80;
const labelWidth = 16;

const row = (label: string, text: string) => `${label.padEnd(labelWidth)}${text}`;
const amount = (value: BigCount | null) =>
  value === null
    ? '?'
    : String(value) === unbounded
      ? 'none (GOGC=off, no memory limit)'
      : `${grouped(value)} (${bytesText(value)})`;

export function gcText(result: GcResult): string {
  const { gcController, memstats, visibleAs } = result;
  const lines = [
    ...[
      ...now(result),
      ...settingLines(result),
      '',
      ...heapLines(result),
      ...historyLines(result.history),
      ...checkLines(result),
    ].flatMap((line) => fold(line, labelWidth)),
    ...structLines('gcController', gcController, visibleAs, markOf(result.controllerBy ?? 'table')),
    ...structLines('memstats', memstats, visibleAs, markOf(result.memstatsBy ?? 'table')),
  ];
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}

function now({ derived }: GcResult): string[] {
  return [row('phase', derived.phase ?? '?'), row('cycles ended', cyclesText(derived))];
}

function cyclesText({ numGC, lastGC }: GcResult['derived']): string {
  const count = numGC === null ? '?' : grouped(numGC);
  return lastGC === 0 || lastGC === null ? count : `${count}, the last ${timeText(lastGC)}`;
}

function settingLines(result: GcResult): string[] {
  return result.settings.map(({ name, environment, inForce, origin }) => {
    const mark = markOf(settingBy(name, result));
    const value = inForce ?? environment ?? (name === 'GODEBUG' ? '' : '?');
    const shown =
      name === 'GOMEMLIMIT' && inForce !== null && inForce !== 'off'
        ? mark(amount(inForce))
        : inForce === null
          ? String(value)
          : mark(String(value));
    return row(name, shown === '' ? origin : `${shown}, ${origin}`);
  });
}

function heapLines({ derived, spansBy, controllerBy, memstatsBy }: GcResult): string[] {
  const mark = markOf(spansBy ?? 'table');
  // Which of the two has heapLive, heapMarked, trigger and goal differs by release.
  const markTold = markOf(controllerBy ?? memstatsBy ?? 'table');
  const markCounter = (text: string) => (text === '?' ? text : markTold(text));
  const least = derived.complete ? '' : 'at least ';
  const share =
    derived.heapLive !== null &&
    derived.trigger !== null &&
    Number(derived.trigger) > 0 &&
    String(derived.trigger) !== unbounded
      ? `, ${markTold(`${Math.floor((100 * Number(derived.heapLive)) / Number(derived.trigger))}%`)} of the trigger`
      : '';
  return [
    row('heapLive', `${markCounter(amount(derived.heapLive))}${share}`),
    row('heapMarked', markCounter(amount(derived.heapMarked))),
    row('trigger', `${markCounter(amount(derived.trigger))}, ${derived.heapGoalIs}`),
    row('heapGoal', `${markCounter(amount(derived.heapGoal))}, ${derived.heapGoalIs}`),
    row('HeapAlloc', `${least}${mark(amount(derived.heapAlloc))}, summed over the spans`),
    row('HeapObjects', `${least}${mark(derived.heapObjects === null ? '?' : grouped(derived.heapObjects))}`),
    row('HeapInuse', `${least}${mark(amount(derived.heapInuse))}`),
    row('StackInuse', `${least}${mark(amount(derived.stackInuse))}`),
  ];
}

function historyLines(history: readonly GcCycle[]): string[] {
  if (history.length === 0) return [];
  const lines = ['', row('last cycles', 'cycle  ended                       after       pause')];
  for (const { cycle, end, pauseNs, sincePrevious } of history.slice(0, shownCycles)) {
    const after = sincePrevious === null ? '–' : durationText(sincePrevious);
    lines.push(
      row(
        '',
        `${grouped(cycle).padStart(5)}  ${timeText(end)}${after.padStart(9)}${durationText(pauseNs).padStart(12)}`,
      ),
    );
  }
  if (history.length > shownCycles)
    lines.push(row('', `showing ${shownCycles} of ${history.length} that are kept (--json has all)`));
  return lines;
}

function checkLines({ checks, controllerBy, memstatsBy }: GcResult): string[] {
  const mark = markOf(controllerBy ?? memstatsBy ?? 'table');
  if (checks.length === 0) return [];
  return [
    '',
    ...checks.flatMap(({ what, stored, recomputed, agrees, formula }, i) => [
      row(
        i === 0 ? 'pacer' : '',
        `${agrees ? '✓' : '✗'} ${what} ${mark(grouped(stored))}${stored === recomputed ? '' : `, recomputed ${mark(grouped(recomputed))}`}`,
      ),
      row('', `  = ${formula}`),
    ]),
  ];
}

function structLines(name: string, struct: GcStruct, visibleAs: GcResult['visibleAs'], mark: Mark): string[] {
  const { address, missing, fields } = struct;
  if (address === null) return ['', `${name} was not found: ${missing ?? 'nothing tells where it stands'}`];
  const nameWidth = Math.max(...Object.keys(fields).map((field) => field.length)) + 2;
  const lines = ['', `${name} at ${address}${' '.repeat(4)}(← what the program itself can see of it)`];
  for (const [field, value] of Object.entries(fields)) {
    const seen = visibleAs[`${name}.${field}`];
    const text = `  ${field.padEnd(nameWidth)}${mark(valueText(value))}`;
    const note = seen ? `← ${seen.join(', ')}` : '';
    if (text.length + note.length + 2 <= width) lines.push(note === '' ? text : `${text}  ${note}`);
    else lines.push(text, `  ${''.padEnd(nameWidth)}${note}`);
  }
  // Behind the arrow of a note, and in a value.
  return lines.filter((line, i) => i === 0 || line.trim() !== '').flatMap((line) => fold(line, nameWidth + 4));
}

function valueText(value: unknown): string {
  if (value === null) return '?';
  if (!Array.isArray(value)) {
    if (typeof value !== 'object') return String(value);
    const members = Object.entries(value).map(
      ([name, member]) =>
        `${name} ${Array.isArray(member) ? `[${member.length}]` : typeof member === 'object' ? '{…}' : String(member)}`,
    );
    return cut(members.join(' '));
  }
  const kinds = value as unknown[];
  if (kinds.some((element) => typeof element === 'object' && element !== null))
    return `[${kinds.length} in all; --json has them]`;
  const shown = kinds.slice(0, shownElements).map(String);
  return kinds.length > shownElements
    ? cut(`[${shown.join(' ')}`, ` … ${kinds.length} in all]`)
    : `[${shown.join(' ')}]`;
}

const cut = (text: string, tail = '') =>
  text.length + tail.length > 50
    ? `${text.slice(0, 50 - tail.length).replace(/ \S*$/, '')}${tail || ' …'}`
    : `${text}${tail}`;

const timeText = (ns: BigCount) => new Date(Number(BigInt(ns) / 1_000_000n)).toISOString();
