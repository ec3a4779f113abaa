// `overview` for people: a page of text made from the result, nothing read or computed here.
import type { BigCount, OverviewResult, RootResult } from '../analysis/results.js';
import { fold } from './fold.js';
import {
  bytesText,
  footprintTexts,
  goroutineCountsText,
  grouped,
  overviewMarks,
  percentApart,
  percentText,
  printable,
} from './format.js';

/** Classes and missing ranges shown; the rest is counted. */
const topClasses = 8;
const shownMissing = 8;

export function overviewText(result: OverviewResult): string {
  const lines = [
    ...folded(opened(result)),
    ...heap(result),
    ...folded(footprintTexts(result).map(([label, text]) => row(label, text))),
    ...folded(gc(result)),
    ...folded(goroutines(result)),
    ...classes(result),
    ...folded(reconciliation(result)),
    ...roots(result).flatMap((line) => fold(line, labelWidth + rootWidth)),
    ...folded(findings(result)),
    ...folded(missing(result)),
    ...result.warnings.flatMap((warning) => fold(`warning: ${printable(warning)}`, 2)),
  ];
  return `${lines.join('\n')}\n`;
}

const labelWidth = 16;
const rootWidth = 18;
const folded = (lines: readonly string[]) => lines.flatMap((line) => fold(line, labelWidth));
const row = (label: string, text: string) => `${label.padEnd(labelWidth)}${text}`;

function opened({ go, binary, image, layout }: OverviewResult): string[] {
  const lines: string[] = [];
  if (go) {
    const experiments = go.experiments.length > 0 ? ` (GOEXPERIMENT ${go.experiments.join(',')})` : '';
    const source = go.guessed ? go.source.replace(/^guess/, 'a guess') : `from ${go.source}`;
    lines.push(row('go', printable(`${go.version}${experiments} ${go.os}/${go.arch}, ${source}`)));
  }
  if (binary) {
    const ids =
      binary.matches === 'not checked'
        ? 'build ID not checked'
        : `${binary.matches === 'go' ? 'Go' : 'GNU'} build ID matches the image`;
    lines.push(
      row(
        'binary',
        printable(`${binary.path ?? '(none)'}${binary.kind ? `, ${binary.kind}` : ''}${image ? `; ${ids}` : ''}`),
      ),
    );
    if (binary.goBuildId) lines.push(row('', printable(binary.goBuildId)));
  }
  if (image?.goFile && image.goFile.path !== null) {
    const { path, goBuildId, gnuBuildId } = image.goFile;
    const id =
      goBuildId === null ? (gnuBuildId === null ? '' : `GNU build ID ${gnuBuildId}`) : `Go build ID ${goBuildId}`;
    lines.push(row('program', printable(`${path}${id === '' ? '' : ` (${id})`}, not given: addresses only`)));
  }
  if (image) {
    lines.push(
      row(
        'image',
        printable(`${image.path}, ${image.kind}, ${bytesText(image.bytes)} in ${grouped(image.segments)} segments`),
      ),
    );
  }
  if (image) {
    const { name, validated } = layout;
    const proof =
      validated.ok && validated.checked === 0
        ? `no span to validate it on: ${validated.why ?? 'none is in use'}`
        : validated.ok
          ? `${validated.doubtful ? 'doubtful' : 'validated'}: ${validated.held} of ${validated.checked} sampled spans hold`
          : `NOT validated: ${validated.why ?? 'does not fit this image'}`;
    lines.push(row('layout', printable(`${name}${layout.source === 'user' ? ' of --layout' : ''}; ${proof}`)));
    if (layout.note) lines.push(row('', printable(layout.note)));
  } else {
    lines.push(row('layout', printable(layout.name)));
  }
  return lines;
}

function heap({ spans, layout }: OverviewResult): string[] {
  if (!spans) return [];
  const least = spans.complete ? '' : 'at least ';
  const mark = overviewMarks(layout).spans;
  const bytes = (value: BigCount) => mark(bytesText(value));
  const count = (value: BigCount) => mark(grouped(value));
  return [
    '',
    row(
      'heap in use',
      `${least}${bytes(spans.heapInuseBytes)} in ${count(spans.inuse)} spans (HeapInuse ${count(spans.heapInuseBytes)})`,
    ),
    row(
      'allocated',
      `${least}${bytes(spans.heapAllocBytes)} in ${count(spans.heapObjects)} objects (HeapAlloc ${count(spans.heapAllocBytes)})`,
    ),
    row(
      'free slots',
      `${least}${bytes(spans.freeSlotBytes)} in in-use spans (${mark(percentText(Number(spans.freeSlotBytes), Number(spans.heapInuseBytes)))} of them)`,
    ),
    row(
      'stacks',
      `${least}${bytes(spans.stackInuseBytes)} (StackInuse ${count(spans.stackInuseBytes)}); all manual spans ${bytes(spans.manualBytes)} in ${count(spans.manual)}`,
    ),
    row(
      'mspans',
      `${count(spans.total)} ${spans.partial ? 'found without mheap_' : 'in allspans'}: ${count(spans.inuse)} in use, ${count(spans.manual)} manual, ${count(spans.free)} free${spans.unreadable ? `, ${count(spans.unreadable)} unreadable` : ''}${spans.unreadableEntries ? `; ${count(spans.unreadableEntries)} more entries can't be read` : ''}`,
    ),
  ];
}

function gc({ gc, mheap, layout }: OverviewResult): string[] {
  if (!gc || Object.values(gc).every((value) => value === null)) return [];
  const text = (value: unknown) => (value === null || value === undefined ? '?' : String(value));
  const amount = (value: unknown) => (typeof value === 'number' || typeof value === 'string' ? bytesText(value) : '?');
  const percent = gc.gcPercent;
  const marks = overviewMarks(layout);
  const mark = marks.gc;
  const markOr = (shown: string) => (shown === '?' ? shown : mark(shown));
  const last = gc.lastGC;
  const ended =
    last === 0 ? 'never ended' : `last ended ${last === null ? '?' : new Date(Number(last) / 1e6).toISOString()}`;
  // Before the first cycle heapMarked is what the pacer starts from (runtime/mgcpacer.go, gcControllerState.init).
  const marked = gc.numGC === 0 ? '' : `, marked by the last cycle ${markOr(amount(gc.heapMarked))}`;
  return [
    row(
      'GC',
      `cycle ${text(gc.numGC)}, phase ${text(gc.phase)}, ${ended}, sweepgen ${marks.spans(text(mheap?.sweepgen))}`,
    ),
    row(
      '',
      `live ${markOr(amount(gc.heapLive))}${marked}${percent === null ? '' : `, GOGC ${mark(percent === -1 ? 'off' : text(percent))}`}`,
    ),
  ];
}

function goroutines({ goroutines, layout }: OverviewResult): string[] {
  return goroutines ? [row('goroutines', goroutineCountsText(goroutines, overviewMarks(layout).goroutines))] : [];
}

function classes({ classes, layout }: OverviewResult): string[] {
  if (classes.length === 0) return [];
  const mark = overviewMarks(layout).spans;
  const top = [...classes].sort((a, b) => b.inuseBytes - a.inuseBytes).slice(0, topClasses);
  const lines = ['', `${'top classes'.padEnd(16)} class  elemsize      spans       objects   used      in use`];
  for (const c of top) {
    const name = `${c.sizeclass}${c.noscan ? 'n' : ''}`;
    const size = c.sizeclass === 0 ? 'large' : grouped(c.elemsize);
    const cells = [
      [name, 6],
      [size, 10],
      [grouped(c.spans), 11],
      [grouped(c.objects), 14],
      [percentText(c.objects, c.slots), 7],
      [bytesText(c.inuseBytes), 12],
    ] as const;
    lines.push(`${''.padEnd(16)}${cells.map(([text, width]) => mark(text).padStart(width)).join('')}`);
  }
  if (classes.length > top.length) lines.push(`${''.padEnd(16)}  … and ${classes.length - top.length} more classes`);
  return lines;
}

function reconciliation({ reconciliation, layout }: OverviewResult): string[] {
  if (reconciliation.length === 0) return [];
  const mark = overviewMarks(layout).spans;
  const lines = [''];
  reconciliation.forEach((each, i) => {
    const { what, ours, runtime, counter, agrees, note, moving } = each;
    const text = agrees
      ? `${what} ${mark(grouped(ours))} = ${counter}`
      : moving
        ? `${what} ${mark(grouped(ours))}, ${counter} ${grouped(runtime)} a moment apart: moving, within ${percentApart(each)}%`
        : `${what} ${mark(grouped(ours))}, but ${counter} says ${grouped(runtime)}${note ? ` (${note})` : ''}`;
    lines.push(row(i === 0 ? 'reconciles' : '', `${agrees ? '✓' : moving ? '~' : '✗'} ${text}`));
  });
  return lines;
}

function roots({ roots }: OverviewResult): string[] {
  const describe = (root: RootResult) =>
    root.state === 'absent'
      ? 'not found'
      : `${root.address?.padEnd(14)} ${root.method}${root.confirmedBy?.length ? ` + ${root.confirmedBy.join(', ')}` : ''}, ${root.state}`;
  return [
    '',
    ...Object.entries(roots).map(
      ([name, root], i) =>
        `${(i === 0 ? 'roots' : '').padEnd(16)}${name.replace('runtime.', '').padEnd(rootWidth)}${describe(root)}`,
    ),
  ];
}

function findings({ findings, spans, layout }: OverviewResult): string[] {
  if (!spans) return [];
  if (findings.length === 0) return ['', row('findings', spans.complete ? 'none' : 'none in what can be read')];
  return [
    '',
    ...findings.map((finding, i) =>
      row(
        i === 0 ? 'findings' : '',
        printable(
          `${finding.severity.toUpperCase().padEnd(7)}${finding.id}: ${overviewMarks(layout).spans(finding.title)}`,
        ),
      ),
    ),
  ];
}

/** Address space that was only reserved, and the kernel's own page (vsyscall), say nothing about the heap: counted, not listed. */
const reserved = (why: string) => why.startsWith('reserved') || why === 'above 2^53';

function missing({ image }: OverviewResult): string[] {
  if (!image || image.missingTotal === 0) return [];
  const lost = image.missing.filter(({ why }) => !reserved(why));
  const lines = lost
    .slice(0, shownMissing)
    .map((range, i) => row(i === 0 ? 'missing' : '', printable(`${range.start}–${range.end} ${range.why}`)));
  const rest = lost.length - lines.length + image.missingTotal - image.missing.length;
  if (rest > 0) lines.push(row('', `… and ${rest} more ranges`));
  const aside = image.missing.length - lost.length;
  if (aside > 0)
    lines.push(
      row(
        lines.length === 0 ? 'missing' : '',
        `${lines.length === 0 ? 'nothing but ' : 'and '}${aside === 1 ? '1 range that was' : `${aside} ranges that were`} only reserved or ${aside === 1 ? 'is' : 'are'} the kernel's`,
      ),
    );
  return ['', ...lines];
}
