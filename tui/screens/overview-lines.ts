// What the first screen says: how full the heap is, what the GC is at, the largest classes, and whether our sums and the runtime's counters agree.
// Made to fit 80×24 with everything that matters above the fold; on a taller terminal it shows more classes and how the roots were found.
import type { BigCount, OverviewResult } from '../../src/analysis/results.js';
import {
  footprintTexts,
  goroutineCountsText,
  layoutName,
  type Mark,
  overviewMarks,
  percentApart,
} from '../../src/output/format.js';
import { classFilter, classHead, classLine, topClasses } from '../components/class-lines.js';
import { gauge } from '../components/gauge.js';
import { foldLine, type Line, lineWidth, padLine, type Segment } from '../line.js';
import { allSpans, goroutinesWith } from '../navigation.js';
import { bytesText, grouped } from '../numbers.js';
import type { NewScreen } from '../screen-state.js';
import { start } from '../scrolling.js';
import { cutText, textWidth } from '../terminal/text-width.js';
import { findingAt, severityLook } from './findings.js';

interface OverviewView {
  readonly lines: readonly Line[];
  /** Lines that Enter opens, and where to. */
  readonly choices: readonly Choice[];
}

interface Choice {
  readonly line: number;
  readonly to: NewScreen;
}

export const spansOf = (filter: string): NewScreen => ({
  kind: 'spans',
  place: start,
  query: { ...allSpans, filter },
  column: 'base',
  seek: undefined,
});

const labelWidth = 15;
const label = (text: string): Segment => ['title', ` ${text.padEnd(labelWidth - 1)}`];

/** The whole screen as lines. Every line begins with a segment of at least one column, which the cursor mark replaces. */
export function overviewLines(overview: OverviewResult, width: number, height: number): OverviewView {
  const whole = viewLines(overview, width, height, false);
  return whole.lines.length <= height ? whole : viewLines(overview, width, height, true);
}

/** `tight`: what can be spared loses its end rather than that other lines go out of sight. */
function viewLines(overview: OverviewResult, width: number, height: number, tight: boolean): OverviewView {
  const lines: Line[] = [];
  const choices: Choice[] = [];
  const add = (line: Line, to?: NewScreen, spared = false) => {
    if (to !== undefined) choices.push({ line: lines.length, to });
    const begun: Line = [' ', ...line];
    lines.push(...(spared && tight ? [begun] : foldLine(begun, width, Math.min(labelWidth + 1, width >> 1))));
  };
  const marks = overviewMarks(overview.layout);
  for (const { line, spared } of subjectLines(overview, width)) add(line, undefined, spared);
  for (const { line, to } of heapLines(overview, width)) add(line, to);
  for (const [name, text] of footprintTexts(overview)) add([label(name), text]);
  if (overview.gc !== null)
    add([label('GC'), gcText(overview.gc, marks.gc)], { kind: 'gc', pane: 'pacing', place: start, filter: '' });
  if (overview.goroutines)
    add([label('goroutines'), goroutineCountsText(overview.goroutines, marks.goroutines)], goroutinesWith());
  // What stands below the classes takes its room first.
  const classesFrom = lines.length;
  for (const { line, spared } of reconciliationLines(overview)) add(line, undefined, spared);
  for (const { line, to } of findingLines(overview)) add(line, to);
  for (const line of warningLines(overview)) add(line);
  const after = lines.splice(classesFrom);
  const choicesAfter = choices.splice(choices.filter(({ line }) => line < classesFrom).length);
  const head = classHead(label, width);
  const room = Math.max(3, height - lines.length - after.length - head.length);
  const classes = topClasses(overview.classes).slice(0, room);
  if (classes.length > 0) lines.push(...head);
  for (const row of classes) add(classLine(label, row, marks.spans, width), spansOf(classFilter(row)));
  for (const { line, to } of choicesAfter) choices.push({ line: line - classesFrom + lines.length, to });
  lines.push(...after);
  // What a tall terminal has room for; on a small one it would push the rest out of sight.
  if (lines.length + 2 < height) lines.push(...rootLines(overview).slice(0, height - lines.length));
  return { lines: lines.map((line) => padLine(line, Math.min(width, lineWidth(line)))), choices };
}

interface Entry {
  readonly line: Line;
  /** Where Enter leads. */
  readonly to?: NewScreen;
  /** Its end is no loss. */
  readonly spared?: boolean;
}

function heapLines({ spans, layout }: OverviewResult, width: number): Entry[] {
  if (spans === null) return [];
  const mark = overviewMarks(layout).spans;
  const count = (value: BigCount) => mark(grouped(value));
  // Not everything could be read: the process had at least that.
  const bytes = (value: BigCount) => `${spans.complete ? '' : '≥ '}${mark(bytesText(value))}`;
  const meter = Math.max(8, Math.min(60, width - 54));
  return [
    {
      line: [
        label('heap in use'),
        ...gauge(spans.heapAllocBytes, spans.heapInuseBytes, meter),
        `  ${bytes(spans.heapAllocBytes)} in objects of ${bytes(spans.heapInuseBytes)}`,
      ],
    },
    {
      line: [
        label('stacks'),
        ...gauge(spans.stackInuseBytes, spans.manualBytes, meter, 'note'),
        `  ${bytes(spans.stackInuseBytes)} of ${bytes(spans.manualBytes)} manual`,
      ],
    },
    {
      line: [
        label('spans'),
        `${count(spans.total)} in all: ${count(spans.inuse)} in use, ${count(spans.manual)} manual, ${count(spans.free)} free`,
        ...unreadableSpans(spans.unreadable + spans.unreadableEntries),
      ],
      to: spansOf(''),
    },
    {
      line: [
        label('objects'),
        `${spans.complete ? '' : '≥ '}${count(spans.heapObjects)}   free slots ${bytes(spans.freeSlotBytes)}`,
        ...suspectSpans(spans.suspect),
      ],
    },
  ];
}

function subjectLines({ go, binary, image, layout }: OverviewResult, width: number): Entry[] {
  const match =
    binary === null || image === null
      ? ''
      : binary.matches === 'not checked'
        ? '  (build id not checked)'
        : `  (${binary.matches} build id matches)`;
  const check = layout.validated;
  const room = width - 1 - labelWidth;
  const validated: Segment =
    layout.source === 'none' || image === null
      ? ''
      : check.ok && check.checked === 0
        ? ['warn', '  no span to validate it on']
        : check.ok
          ? [
              check.doubtful ? 'warn' : 'good',
              `  ${check.doubtful ? '?' : '✓'} holds for ${grouped(check.held)} of ${grouped(check.checked)} sampled spans`,
            ]
          : ['bad', `  ✗ ${check.why ?? `holds for ${grouped(check.held)} of ${grouped(check.checked)} spans`}`];
  const experiments = go && go.experiments.length > 0 ? ` + ${go.experiments.join(',')}` : '';
  const name = layoutName(layout);
  const path = binary ? pathText(binary.path ?? '(in the image)', room - match.length) : 'none';
  return [
    {
      line: [
        label('Go'),
        go ? `${go.version}${experiments} ${go.os}/${go.arch}` : '?',
        go?.guessed ? ['warn', '  a guess'] : ['dim', go ? `  from ${go.source}` : ''],
      ],
    },
    { line: [label('binary'), path, ['dim', match]] },
    {
      line: image
        ? [label('image'), pathText(image.path, room - imageWords(image).length), ['dim', imageWords(image)]]
        : [label('image'), 'none: only what the binary alone tells'],
      spared: true,
    },
    { line: [label('layout'), [name.startsWith('~') ? 'warn' : 'plain', name], validated] },
  ];
}

function imageWords(image: NonNullable<OverviewResult['image']>): string {
  const missing = image.missingTotal > 0 ? `, ${grouped(image.missingTotal)} ranges missing` : '';
  return `  ${image.kind}, ${bytesText(image.bytes)}, ${grouped(image.segments)} segments${missing}`;
}

/** A path in `room` columns where it can be: it loses its beginning first, then the end of its name. */
function pathText(path: string, room: number): string {
  if (textWidth(path) <= room) return path;
  const name = path.split(/[\\/]/).at(-1) ?? path;
  const tail = [...path].slice(-Math.max(room - 1, 1)).join('');
  return textWidth(name) < room ? `…${tail}` : cutText(name, Math.max(room, shortestName));
}

const shortestName = 16;

function unreadableSpans(count: number): Segment[] {
  return count > 0 ? [['unreadable', `, ⨯ ${grouped(count)} unreadable`]] : [];
}

function suspectSpans(suspect: { mismatch: number; transient: number; torn: number }): Segment[] {
  const out: Segment[] = [];
  if (suspect.mismatch > 0) out.push(['bad', `   ! ${grouped(suspect.mismatch)} spans contradict themselves`]);
  if (suspect.transient > 0) out.push(['dim', `   ${grouped(suspect.transient)} in transit`]);
  if (suspect.torn > 0) out.push(['warn', `   ${grouped(suspect.torn)} torn`]);
  return out;
}

function gcText(gc: Readonly<Record<string, unknown>>, mark: Mark): string {
  const bytes = (value: unknown) => (value === null || value === undefined ? '?' : mark(bytesText(value as BigCount)));
  const known = (name: string) => gc[name] !== undefined && gc[name] !== null;
  const percent =
    gc.gcPercent === null || gc.gcPercent === undefined
      ? '?'
      : mark(Number(gc.gcPercent) < 0 ? 'off' : String(gc.gcPercent));
  return [
    `cycle ${grouped(gc.numGC as number | null)}`,
    `phase ${known('phase') ? String(gc.phase) : '?'}`,
    `live ${bytes(gc.heapLive)}`,
    ...(known('heapMarked') ? [`marked ${bytes(gc.heapMarked)}`] : []),
    ...(known('heapGoal') ? [`goal ${bytes(gc.heapGoal)}`] : []),
    `GOGC ${percent}`,
  ].join('  ');
}

function reconciliationLines({ reconciliation, layout }: OverviewResult): Entry[] {
  const mark = overviewMarks(layout).spans;
  return reconciliation.map((row, i): Entry => {
    // A process that runs on: the two were read a moment apart.
    const moving = row.moving === true;
    const ours = mark(grouped(row.ours));
    const numbers = moving
      ? `${ours}  moving, within ${percentApart(row)}%`
      : row.agrees
        ? ours
        : `${ours} ours, ${grouped(row.runtime)} runtime`;
    const line: Line = [
      label(i === 0 ? 'reconciled' : ''),
      row.agrees ? ['good', '✓ '] : moving ? ['warn', '~ '] : ['bad', '✗ '],
      `${row.what.padEnd(13)} ${numbers}`,
      ['dim', `  ${row.counter}${moving ? ` ${grouped(row.runtime)}` : ''}`],
      ['dim', !row.agrees && !moving && row.note ? `  (${row.note})` : ''],
    ];
    return { line, spared: row.agrees };
  });
}

const mostFindings = 4;

/** The worst findings, each a line that Enter opens; where there are more, the last line leads to all. */
function findingLines({ findings, spans, layout }: OverviewResult): Entry[] {
  const mark = overviewMarks(layout).spans;
  const none = spans?.complete === false ? 'none in what could be read' : 'none';
  if (findings.length === 0) return spans === null ? [] : [{ line: [label('findings'), none] }];
  const rank = { high: 0, medium: 1, low: 2 } as const;
  const ordered = findings.map((finding, index) => ({ finding, index }));
  ordered.sort((a, b) => rank[a.finding.severity] - rank[b.finding.severity]);
  const shown = ordered.slice(0, ordered.length > mostFindings ? mostFindings - 1 : mostFindings);
  const entries = shown.map(
    ({ finding, index }, i): Entry => ({
      line: [
        label(i === 0 ? 'findings' : ''),
        severityLook[finding.severity],
        ` ${finding.id}: ${mark(finding.title)}`,
      ],
      to: findingAt(finding, index),
    }),
  );
  const more = ordered.length - shown.length;
  if (more === 0) return entries;
  const all: NewScreen = { kind: 'findings', place: start, search: '' };
  return [...entries, { line: [label(''), ['dim', `… ${grouped(more)} more`]], to: all }];
}

function warningLines({ warnings }: OverviewResult): Line[] {
  // A damaged file is complained of piece by piece; what that means for the whole is said last.
  const shown =
    warnings.length <= 4
      ? warnings
      : [
          ...warnings.slice(0, 1),
          `… ${grouped(warnings.length - 3)} more, as «spanscope overview» lists them`,
          ...warnings.slice(-2),
        ];
  return shown.map((warning, i): Line => [label(i === 0 ? 'warnings' : ''), ['warn', warning]]);
}

function rootLines({ roots }: OverviewResult): Line[] {
  return [
    [' '],
    ...Object.entries(roots).map(([name, root], i): Line => {
      const state: Segment =
        root.state === 'confirmed' ? ['good', '✓ '] : root.state === 'unconfirmed' ? ['warn', '? '] : ['dim', '⨯ '];
      const how =
        root.method === undefined
          ? (root.detail ?? 'absent')
          : [`by ${root.method}`, ...(root.confirmedBy ?? []).map((method) => `and ${method}`)].join(' ');
      return [
        ' ',
        label(i === 0 ? 'roots' : ''),
        state,
        `${name.padEnd(26)} ${(root.address ?? '–').padEnd(15)}`,
        ['dim', how],
      ];
    }),
  ];
}
