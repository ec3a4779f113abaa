// The GC controller as lines: what the pacer aims at as a bar with marks, the settings in force against those of the environment, the last
// cycles with their pauses, and every field with its value in words.
import type { BigCount, GcCycle, GcResult } from '../../src/analysis/results.js';
import { markOf, settingBy, unmarked } from '../../src/output/format.js';
import { foldLine, type Line, type Segment, wrapText } from '../line.js';
import { bytesText, durationText, grouped, timeText } from '../numbers.js';
import { fitText } from '../terminal/text-width.js';
import { meaningOf, type ValueKind } from './gc-meanings.js';
import { type TextRow, textRow } from './text-rows.js';

const labelWidth = 13;
const label = (text: string): Segment => ['title', ` ${text.padEnd(labelWidth - 1)}`];

/** No more than 2^53 - 1 is told apart; 2^64 - 1 and the largest int64 mean «none». */
const endless = 2 ** 62;

/** Number of a BigCount; undefined where it is not known, or stands for «none». */
function finite(value: BigCount | null | undefined): number | undefined {
  const number = Number(value ?? Number.NaN);
  return Number.isNaN(number) || number >= endless ? undefined : number;
}

/** The lines above the list of cycles. */
export function pacingLines(gc: GcResult, width: number): Line[] {
  return [
    ...phaseLines(gc),
    ...heapBar(gc, width),
    ...settingLines(gc, width),
    ...checkLines(gc),
    ...pauseLines(gc.history, width),
  ];
}

/** None of them wider than `width`. */
export const foldedLines = (lines: readonly Line[], width: number): Line[] =>
  lines.flatMap((line) => foldLine(line, width, labelWidth + 2));

function phaseLines({ derived }: GcResult): Line[] {
  const phases: Readonly<Record<string, string>> = {
    off: 'no cycle is running',
    mark: 'a cycle is marking',
    'mark termination': 'a cycle is ending its mark, the world is stopped',
  };
  const { phase } = derived;
  const ended = Number(derived.lastGC ?? 0) > 0 ? `, the last at ${timeText(derived.lastGC)}` : '';
  return [
    [label('phase'), phase ?? '?', ['dim', phase === null ? '' : `: ${phases[phase] ?? ''}`]],
    [label('cycles'), `${grouped(derived.numGC)} have ended`, ['dim', ended]],
  ];
}

interface Level {
  readonly letter: string;
  readonly name: string;
  readonly value: BigCount | null;
  readonly words: string;
}

function levels({ derived }: GcResult): readonly Level[] {
  const how = derived.heapGoalIs;
  return [
    { letter: 'm', name: 'marked', value: derived.heapMarked, words: 'was live after the last mark' },
    {
      letter: 't',
      name: 'trigger',
      value: derived.trigger,
      words: `the next cycle starts when live is here (${how})`,
    },
    { letter: 'g', name: 'goal', value: derived.heapGoal, words: `… and should end before live is here (${how})` },
  ];
}

/** The live heap as a bar, with ▲ and a letter below it for what it is measured against. */
function heapBar(gc: GcResult, width: number): Line[] {
  const { derived } = gc;
  const marks = levels(gc);
  const live = finite(derived.heapLive);
  const known = marks.flatMap(({ value }) => finite(value) ?? []);
  const whole = Math.max(live ?? 0, ...known, 1);
  const room = Math.max(20, Math.min(100, width - labelWidth - 2));
  const at = (value: number) => Math.min(room - 1, Math.floor((value / whole) * room));
  const full = live === undefined ? 0 : Math.max(1, at(live) + (live === whole ? 1 : 0));
  const under = Array.from({ length: room + 1 }, () => ' ');
  for (const { letter, value } of marks) {
    const number = finite(value);
    if (number === undefined) continue;
    const column = at(number);
    under[column] = '▲';
    under[column + 1] = letter;
  }
  const bar: Line =
    live === undefined
      ? [label('heap'), ['dim', '?'.repeat(room)]]
      : [label('heap'), ['marked', '█'.repeat(full)], ['dim', '░'.repeat(room - full)]];
  return [
    bar,
    [label(''), ['boundary', under.join('').trimEnd()]],
    levelLine(
      '  live',
      derived.heapLive,
      gc,
      `allocated, as the pacer counts${shareOf(live, finite(derived.trigger), about(gc.controllerBy ?? gc.memstatsBy))}`,
    ),
    ...marks.map(({ letter, name, value, words }) => levelLine(`${letter} ${name}`, value, gc, words)),
  ];
}

function shareOf(live: number | undefined, trigger: number | undefined, mark: string): string {
  if (live === undefined || trigger === undefined || trigger === 0) return '';
  return `: ${mark}${Math.floor((100 * live) / trigger)}% of the trigger`;
}

/** Before what was read by offsets that the image told, or by those of another release. */
const about = (by: string | undefined) => (by === undefined ? '' : '~');

function levelLine(name: string, value: BigCount | null, gc: GcResult, words: string): Line {
  const none = value !== null && finite(value) === undefined;
  return [
    label(name),
    (none
      ? 'none'
      : value === null
        ? bytesText(value)
        : `${about(gc.controllerBy ?? gc.memstatsBy)}${bytesText(value)}`
    ).padStart(9),
    ['dim', none ? '   nothing bounds the heap: GOGC is off and there is no memory limit' : `   ${words}`],
  ];
}

/** Each setting in force, and where that comes from; where the program changed what the environment says, that stands out. */
function settingLines(gc: GcResult, width: number): Line[] {
  return gc.settings.flatMap((setting) => {
    const { name, environment, inForce, origin } = setting;
    if (name === 'GODEBUG' && environment === null) return [];
    const none = name === 'GOMEMLIMIT' && inForce !== null && finite(inForce) === undefined;
    const value =
      inForce === null ? '–' : none ? 'none' : name === 'GOMEMLIMIT' ? bytesText(inForce) : grouped(inForce);
    const mark = inForce === null ? unmarked : markOf(settingBy(name, gc));
    const shown = name === 'GODEBUG' ? '' : mark(value).padStart(9);
    const words = environment === null || origin.includes(environment) ? origin : `${name}=${environment}: ${origin}`;
    return wrapText(words, Math.max(20, width - labelWidth - 14)).map(
      (part, i): Line => [label(i === 0 ? name : ''), i === 0 ? shown.padEnd(9) : ' '.repeat(9), ['dim', `   ${part}`]],
    );
  });
}

/** What the pacer keeps against what it follows from: one line if all agree, else each that does not. */
function checkLines({ checks }: GcResult): Line[] {
  if (checks.length === 0) return [];
  const differing = checks.filter(({ agrees }) => !agrees);
  if (differing.length === 0)
    return [
      [label('checked'), ['good', '✓ '], `${checks.map(({ what }) => what).join(', ')} follow from the other fields`],
    ];
  return differing.map(
    ({ what, stored, recomputed, formula }): Line => [
      label('checked'),
      ['bad', '✗ '],
      `${what} is ${grouped(stored)}; ${formula} gives ${grouped(recomputed)}`,
    ],
  );
}

const steps = '▁▂▃▄▅▆▇█';

/** The pauses of the last cycles, oldest left, as a row of bars; each bar above 0 is seen. */
function pauseLines(history: readonly GcCycle[], width: number): Line[] {
  if (history.length === 0) return [[label('pauses'), ['dim', 'no cycle is recorded']]];
  const room = Math.max(10, Math.min(128, width - labelWidth - 32));
  const shown = history.slice(0, room).map(({ pauseNs }) => Number(pauseNs));
  const highest = Math.max(...shown, 1);
  const bars = shown
    .map((pause) => steps[Math.min(steps.length - 1, Math.floor((pause / highest) * (steps.length - 1) + 0.5))] ?? ' ')
    .reverse()
    .join('');
  return [[label('pauses'), ['note', bars], ['dim', `  newest right, highest ${durationText(highest)}`]]];
}

interface CycleWidths {
  readonly cycle: number;
  readonly after: number;
}

/** Below this width the columns stand closer, and the last one has a short title. */
const wideCycles = 74;
const cycleWidths = (width: number): CycleWidths =>
  width >= wideCycles ? { cycle: 9, after: 20 } : { cycle: 6, after: 9 };

export function cycleHead(width: number): Line {
  const { cycle, after } = cycleWidths(width);
  const title = width >= wideCycles ? 'after the one before' : 'after';
  return [
    ['dim', `${'cycle'.padStart(cycle)}  ${'ended (UTC)'.padEnd(27)} ${'pause'.padStart(9)}  ${title.padStart(after)}`],
  ];
}

export function cycleRows(history: readonly GcCycle[], width: number): TextRow[] {
  const widths = cycleWidths(width);
  return history.map(({ cycle, end, pauseNs, sincePrevious }) => {
    const after = sincePrevious === null ? '–' : durationText(sincePrevious);
    return textRow([
      `${grouped(cycle).padStart(widths.cycle)}  ${timeText(end).padEnd(27)} ${durationText(pauseNs).padStart(9)}  ${after.padStart(widths.after)}`,
    ]);
  });
}

/** A row of the list of fields. */
export interface FieldRow extends TextRow {
  /** All of what is known of the field, for the lines below the list. */
  readonly about: string;
}

/** Every field of both structs that has the text in its name, its meaning or the names under which the program sees it. */
export function fieldRows(gc: GcResult, filter: string, width: number): FieldRow[] {
  const wanted = filter.toLowerCase();
  return (['gcController', 'memstats'] as const).flatMap((struct) => {
    const { address, missing, fields } = gc[struct];
    if (address === null) return lostRow(struct, missing, wanted);
    const mark = about(struct === 'gcController' ? gc.controllerBy : gc.memstatsBy);
    const rows = Object.entries(fields)
      .map(([name, value]) => fieldRow(struct, name, value, mark, gc.visibleAs[`${struct}.${name}`] ?? [], width))
      .filter((row) => `${row.name} ${row.about}`.toLowerCase().includes(wanted));
    if (rows.length === 0) return [];
    const type = struct === 'gcController' ? 'gcControllerState' : 'mstats';
    const head: FieldRow = {
      line: [
        ['title', `runtime.${struct}`],
        ['dim', `  ${type} at ${address}`],
      ],
      name: address,
      address,
      about: `the runtime's variable ${struct}, of type ${type}`,
    };
    return [head, ...rows];
  });
}

/** A variable that was not found: its name, and why there is nothing under it. */
function lostRow(struct: string, missing: string | undefined, wanted: string): FieldRow[] {
  const why = `was not found: ${missing ?? 'nothing tells where it stands'}`;
  if (!`${struct} ${why}`.toLowerCase().includes(wanted)) return [];
  return [
    {
      line: [
        ['title', `runtime.${struct}`],
        ['unreadable', `  ⨯ ${why}`],
      ],
      name: struct,
      about: `runtime.${struct} ${why}`,
    },
  ];
}

const nameWidth = 26;

function fieldRow(
  struct: 'gcController' | 'memstats',
  name: string,
  value: unknown,
  mark: string,
  visible: readonly string[],
  width: number,
): FieldRow {
  const meaning = meaningOf(struct, name);
  const valueWidth = width >= 100 ? 28 : 12;
  const words = valueWords(value, meaning?.kind ?? 'plain');
  const seen = visible.length > 0 ? `the program sees it as ${visible.join(', ')}` : 'the program can not see it';
  return {
    line: [
      '  ',
      fitText(name, nameWidth),
      ' ',
      value === null
        ? ['unreadable', fitText('⨯ unreadable', valueWidth, 'right')]
        : fitText(`${mark}${words.short}`, valueWidth, 'right'),
      ['dim', `  ${meaning?.text ?? ''}`],
    ],
    name: words.full,
    about: `${name} = ${value === null ? '' : mark}${words.full}${meaning ? `: ${meaning.text}` : ''}; ${seen}`,
  };
}

function valueWords(value: unknown, kind: ValueKind): { readonly short: string; readonly full: string } {
  if (value === null || value === undefined) return { short: '⨯ unreadable', full: '⨯ unreadable' };
  if (Array.isArray(value)) {
    const text = value.map((each) => scalarText(each, kind)).join(' ');
    return { short: `${value.length} values`, full: `[${text}]` };
  }
  if (typeof value === 'object') return { short: `${Object.keys(value).length} fields`, full: JSON.stringify(value) };
  const exact = typeof value === 'number' && !Number.isInteger(value) ? String(value) : grouped(value as BigCount);
  const said = scalarText(value, kind);
  return { short: said, full: said === exact ? exact : `${exact} (${said})` };
}

function scalarText(value: unknown, kind: ValueKind): string {
  if (value !== null && typeof value === 'object') return JSON.stringify(value);
  if (typeof value !== 'number' && !(typeof value === 'string' && /^-?\d+$/.test(value))) return String(value);
  switch (kind) {
    case 'bytes':
      return Number(value) >= endless ? 'none' : bytesText(value);
    case 'ns':
      return durationText(value);
    case 'time':
      return Number(value) === 0 ? 'never' : timeText(value);
    case 'percent':
      return Number(value) < 0 ? 'off' : `${value}%`;
    case 'ratio':
      return String(Number(Number(value).toPrecision(4)));
    default:
      return grouped(value);
  }
}
