// The first screen: how full the heap is, what the GC is at, the largest classes, and whether our sums and the runtime's counters agree.
// Made to fit 80×24 with everything that matters above the fold; on a taller terminal it shows more classes and how the roots were found.
import type { ClassRow, OverviewResult } from '../../src/analysis/results.js';
import { goroutineCountsText, percentApart } from '../../src/output/format.js';
import { Frame, frameLines } from '../components/frame.js';
import { gauge } from '../components/gauge.js';
import { notReadyBody } from '../components/not-ready.js';
import { useApp } from '../hooks/use-app.js';
import { useCommands, useListMotion } from '../hooks/use-keymap.js';
import { useCall } from '../hooks/use-session.js';
import { type Line, lineWidth, padLine, type Segment } from '../line.js';
import { allSpans, goroutinesWith } from '../navigation.js';
import { bytesText, classText, grouped, percentText } from '../numbers.js';
import type { NewScreen, ScreenOf } from '../screen-state.js';
import { start, visibleTop } from '../scrolling.js';
import { cutText, textWidth } from '../terminal/text-width.js';
import { findingAt, severityLook } from './findings.js';
import type { ScreenProps } from './screen-props.js';

export function OverviewScreen({ screen, width, height }: ScreenProps<ScreenOf<'overview'>>) {
  const { push, navigation } = useApp();
  const { value, error } = useCall('overview', {});
  const bodyHeight = height - frameLines;
  const view = value ? overviewLines(value, width, bodyHeight) : undefined;
  const choices = view?.choices ?? [];
  const motion = useListMotion(screen.id, choices.length, bodyHeight);
  useCommands((command) => {
    if (motion(command) || command !== 'open') return;
    const now = navigation.get().stack.find((each) => each.id === screen.id) ?? screen;
    push(choices[Math.min(now.place.cursor, choices.length - 1)]?.to ?? spansOf(''));
  });
  if (view === undefined)
    return (
      <Frame
        width={width}
        height={height}
        context="overview"
        body={notReadyBody(error, width)}
        awaited={error === undefined}
      />
    );
  const cursor = Math.min(screen.place.cursor, choices.length - 1);
  const at = choices[cursor]?.line ?? 0;
  // The body follows the cursor; without one below the fold it starts at its top.
  // On the last choice what stands below all of them comes into view.
  const last = cursor === choices.length - 1 ? Math.min(at, view.lines.length - bodyHeight) : 0;
  const top = cursor <= 0 ? 0 : visibleTop({ cursor: at, top: last }, view.lines.length, bodyHeight);
  const lines = view.lines.map((line, i): Line => (i === at && choices.length > 0 ? ['▶', ...line.slice(1)] : line));
  const body = lines.slice(top, top + bodyHeight);
  const hidden = view.lines.length - bodyHeight;
  const status = hidden > 0 ? [`${hidden} lines more`] : [];
  return (
    <Frame
      width={width}
      height={height}
      context="overview"
      body={body}
      selected={choices.length > 0 ? at - top : undefined}
      status={status}
    />
  );
}

interface OverviewView {
  readonly lines: readonly Line[];
  /** Lines that Enter opens, and where to. */
  readonly choices: readonly Choice[];
}

interface Choice {
  readonly line: number;
  readonly to: NewScreen;
}

const spansOf = (filter: string): NewScreen => ({
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
  const lines: Line[] = [];
  const choices: Choice[] = [];
  for (const line of subjectLines(overview, width)) lines.push([' ', ...line]);
  const { spans } = overview;
  if (spans !== null) {
    // Not everything could be read: the process had at least that.
    const about = overview.layout.source === 'inferred' ? '~' : '';
    const least = `${spans.complete ? '' : '≥ '}${about}`;
    const meter = Math.max(20, Math.min(60, width - 54));
    lines.push([
      ' ',
      label('heap in use'),
      ...gauge(spans.heapAllocBytes, spans.heapInuseBytes, meter),
      `  ${least}${bytesText(spans.heapAllocBytes)} in objects of ${least}${bytesText(spans.heapInuseBytes)}`,
    ]);
    lines.push([
      ' ',
      label('stacks'),
      ...gauge(spans.stackInuseBytes, spans.manualBytes, meter, 'note'),
      `  ${least}${bytesText(spans.stackInuseBytes)} of ${least}${bytesText(spans.manualBytes)} manual`,
    ]);
    choices.push({ line: lines.length, to: spansOf('') });
    lines.push([
      ' ',
      label('spans'),
      `${grouped(spans.total)} in all: ${about}${grouped(spans.inuse)} in use, ${about}${grouped(spans.manual)} manual, ${about}${grouped(spans.free)} free`,
      ...unreadableSpans(spans.unreadable + spans.unreadableEntries),
    ]);
    lines.push([
      ' ',
      label('objects'),
      `${least}${grouped(spans.heapObjects)}   free slots ${least}${bytesText(spans.freeSlotBytes)}`,
      ...suspectSpans(spans.suspect),
    ]);
  }
  if (overview.gc !== null) {
    choices.push({ line: lines.length, to: { kind: 'gc', pane: 'pacing', place: start, filter: '' } });
    lines.push([' ', label('GC'), gcText(overview.gc)]);
  }
  if (overview.goroutines) {
    choices.push({ line: lines.length, to: goroutinesWith() });
    lines.push([' ', label('goroutines'), goroutineCountsText(overview.goroutines)]);
  }
  const reconciled = reconciliationLines(overview);
  const findings = findingLines(overview);
  const after = [...reconciled, ...findings.lines, ...warningLines(overview)];
  const room = Math.max(3, height - lines.length - after.length - 1);
  if (overview.classes.length > 0) {
    lines.push([' ', label('top classes'), ['dim', 'class  elemsize     spans  slots used      bytes   waste']]);
    for (const row of topClasses(overview.classes).slice(0, room)) {
      const filter = `class=${row.sizeclass} ${row.noscan ? 'noscan' : 'scan'} state=inuse`;
      choices.push({ line: lines.length, to: spansOf(filter) });
      lines.push(classLine(row, overview.layout.source === 'inferred' ? '~' : ''));
    }
  }
  const firstFinding = lines.length + reconciled.length;
  for (const [i, to] of findings.to.entries()) choices.push({ line: firstFinding + i, to });
  lines.push(...after);
  // What a tall terminal has room for; on a small one it would push the rest out of sight.
  if (lines.length + 2 < height) lines.push(...rootLines(overview).slice(0, height - lines.length));
  return { lines: lines.map((line) => padLine(line, Math.min(width, lineWidth(line)))), choices };
}

function subjectLines({ go, binary, image, layout }: OverviewResult, width: number): Line[] {
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
  return [
    [
      label('Go'),
      go ? `${go.version}${experiments} ${go.os}/${go.arch}` : '?',
      go?.guessed ? ['warn', '  a guess'] : ['dim', go ? `  from ${go.source}` : ''],
    ],
    [label('binary'), binary ? pathText(binary.path ?? '(in the image)', room - match.length) : 'none', ['dim', match]],
    image
      ? [label('image'), pathText(image.path, room - imageWords(image).length), ['dim', imageWords(image)]]
      : [label('image'), 'none: only what the binary alone tells'],
    [
      label('layout'),
      ...(layout.exact && layout.source !== 'inferred' ? [] : [['warn', '~'] as const]),
      layout.name,
      validated,
    ],
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

function gcText(gc: Readonly<Record<string, unknown>>): string {
  const known = (name: string) => gc[name] !== undefined && gc[name] !== null;
  const percent =
    gc.gcPercent === null || gc.gcPercent === undefined ? '?' : Number(gc.gcPercent) < 0 ? 'off' : String(gc.gcPercent);
  return [
    `cycle ${grouped(gc.numGC as number | null)}`,
    `phase ${known('phase') ? String(gc.phase) : '?'}`,
    `live ${bytesText(gc.heapLive as number | null)}`,
    ...(known('heapMarked') ? [`marked ${bytesText(gc.heapMarked as number)}`] : []),
    ...(known('heapGoal') ? [`goal ${bytesText(gc.heapGoal as number)}`] : []),
    `GOGC ${percent}`,
  ].join('  ');
}

/** Largest first: by the bytes that the class's spans hold. */
function topClasses(classes: readonly ClassRow[]): ClassRow[] {
  return [...classes].sort((a, b) => b.inuseBytes - a.inuseBytes);
}

/** `about` marks what was read by inferred offsets. */
function classLine(row: ClassRow, about: string): Line {
  const waste = percentText(row.inuseBytes - row.allocBytes, row.inuseBytes);
  const text = [
    classText(row.sizeclass, row.noscan).padEnd(5),
    (row.sizeclass === 0 ? 'large' : bytesText(row.elemsize)).padStart(9),
    `${about}${grouped(row.spans)}`.padStart(9),
    `${about}${percentText(row.objects, row.slots)}`.padStart(11),
    `${about}${bytesText(row.inuseBytes)}`.padStart(10),
    `${about}${waste}`.padStart(7),
  ].join(' ');
  return [' ', label(''), text];
}

function reconciliationLines({ reconciliation }: OverviewResult): Line[] {
  return reconciliation.map((row, i): Line => {
    // A process that runs on: the two were read a moment apart.
    const moving = row.moving === true;
    const numbers = moving
      ? `${grouped(row.ours)}  moving, within ${percentApart(row)}%`
      : row.agrees
        ? grouped(row.ours)
        : `${grouped(row.ours)} ours, ${grouped(row.runtime)} runtime`;
    return [
      ' ',
      label(i === 0 ? 'reconciled' : ''),
      row.agrees ? ['good', '✓ '] : moving ? ['warn', '~ '] : ['bad', '✗ '],
      `${row.what.padEnd(13)} ${numbers}`,
      ['dim', `  ${row.counter}${moving ? ` ${grouped(row.runtime)}` : ''}`],
      ['dim', !row.agrees && !moving && row.note ? `  (${row.note})` : ''],
    ];
  });
}

const mostFindings = 4;

/** The worst findings, each a line that Enter opens; where there are more, the last line leads to all. */
function findingLines({ findings, spans }: OverviewResult): {
  readonly lines: readonly Line[];
  readonly to: readonly NewScreen[];
} {
  const none = spans?.complete === false ? 'none in what could be read' : 'none';
  if (findings.length === 0) return { lines: spans === null ? [] : [[' ', label('findings'), none]], to: [] };
  const rank = { high: 0, medium: 1, low: 2 } as const;
  const ordered = findings.map((finding, index) => ({ finding, index }));
  ordered.sort((a, b) => rank[a.finding.severity] - rank[b.finding.severity]);
  const shown = ordered.slice(0, ordered.length > mostFindings ? mostFindings - 1 : mostFindings);
  const lines = shown.map(
    ({ finding }, i): Line => [
      ' ',
      label(i === 0 ? 'findings' : ''),
      severityLook[finding.severity],
      ` ${finding.id}: ${finding.title}`,
    ],
  );
  const to = shown.map(({ finding, index }): NewScreen => findingAt(finding, index));
  const more = ordered.length - shown.length;
  if (more === 0) return { lines, to };
  return {
    lines: [...lines, [' ', label(''), ['dim', `… ${grouped(more)} more`]]],
    to: [...to, { kind: 'findings', place: start, search: '' }],
  };
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
  return shown.map((warning, i): Line => [' ', label(i === 0 ? 'warnings' : ''), ['warn', warning]]);
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
