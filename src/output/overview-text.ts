// `overview` for people: a page of text made from the result, nothing read or computed here.
import type { OverviewResult, RootResult } from '../analysis/results.js';
import { fold } from './fold.js';
import { bytesText, grouped, percentApart, percentText, printable } from './format.js';

/** Classes and missing ranges shown; the rest is counted. */
const topClasses = 8;
const shownMissing = 8;

export function overviewText(result: OverviewResult): string {
  const lines = [
    ...folded(opened(result)),
    ...heap(result),
    ...folded(gc(result)),
    ...goroutines(result),
    ...classes(result),
    ...folded(reconciliation(result)),
    ...roots(result),
    ...findings(result),
    ...missing(result),
    ...result.warnings.map((warning) => `warning: ${printable(warning)}`),
  ];
  return `${lines.join('\n')}\n`;
}

const labelWidth = 16;
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
          ? `validated: ${validated.held} of ${validated.checked} sampled spans hold`
          : `NOT validated: ${validated.why ?? 'does not fit this image'}`;
    lines.push(row('layout', printable(`${name}; ${proof}`)));
    if (layout.note) lines.push(row('', printable(layout.note)));
  } else {
    lines.push(row('layout', printable(layout.name)));
  }
  return lines;
}

function heap({ spans }: OverviewResult): string[] {
  if (!spans) return [];
  const least = spans.complete ? '' : 'at least ';
  return [
    '',
    row(
      'heap in use',
      `${least}${bytesText(spans.heapInuseBytes)} in ${grouped(spans.inuse)} spans (HeapInuse ${grouped(spans.heapInuseBytes)})`,
    ),
    row(
      'allocated',
      `${least}${bytesText(spans.heapAllocBytes)} in ${grouped(spans.heapObjects)} objects (HeapAlloc ${grouped(spans.heapAllocBytes)})`,
    ),
    row(
      'free slots',
      `${least}${bytesText(spans.freeSlotBytes)} in in-use spans (${percentText(Number(spans.freeSlotBytes), Number(spans.heapInuseBytes))} of them)`,
    ),
    row(
      'stacks',
      `${least}${bytesText(spans.stackInuseBytes)} (StackInuse ${grouped(spans.stackInuseBytes)}); all manual spans ${bytesText(spans.manualBytes)} in ${grouped(spans.manual)}`,
    ),
    row(
      'mspans',
      `${grouped(spans.total)} ${spans.partial ? 'found without mheap_' : 'in allspans'}: ${grouped(spans.inuse)} in use, ${grouped(spans.manual)} manual, ${grouped(spans.free)} free${spans.unreadable ? `, ${grouped(spans.unreadable)} unreadable` : ''}${spans.unreadableEntries ? `; ${grouped(spans.unreadableEntries)} more entries can't be read` : ''}`,
    ),
  ];
}

function gc({ gc, mheap }: OverviewResult): string[] {
  if (!gc || Object.values(gc).every((value) => value === null)) return [];
  const text = (value: unknown) => (value === null || value === undefined ? '?' : String(value));
  const amount = (value: unknown) => (typeof value === 'number' || typeof value === 'string' ? bytesText(value) : '?');
  const percent = gc.gcPercent;
  const last = gc.lastGC;
  const ended =
    last === 0 ? 'never ended' : `last ended ${last === null ? '?' : new Date(Number(last) / 1e6).toISOString()}`;
  return [
    row('GC', `cycle ${text(gc.numGC)}, phase ${text(gc.phase)}, ${ended}, sweepgen ${text(mheap?.sweepgen)}`),
    row(
      '',
      `live ${amount(gc.heapLive)}, marked by the last cycle ${amount(gc.heapMarked)}${percent === null ? '' : `, GOGC ${percent === -1 ? 'off' : text(percent)}`}`,
    ),
  ];
}

function goroutines({ goroutines }: OverviewResult): string[] {
  if (!goroutines) return [];
  const { total, byStatus, unreadable } = goroutines;
  const counts = Object.entries(byStatus).sort(([, a], [, b]) => b - a);
  const texts = counts.map(([status, count]) => `${grouped(count)} ${status}`);
  if (unreadable > 0) texts.push(`${grouped(unreadable)} unreadable`);
  return [row('goroutines', `${grouped(total)} in allgs${texts.length > 0 ? `: ${texts.join(', ')}` : ''}`)];
}

function classes({ classes }: OverviewResult): string[] {
  if (classes.length === 0) return [];
  const top = [...classes].sort((a, b) => b.inuseBytes - a.inuseBytes).slice(0, topClasses);
  const lines = ['', `${'top classes'.padEnd(16)} class  elemsize      spans       objects   used      in use`];
  for (const c of top) {
    const name = `${c.sizeclass}${c.noscan ? 'n' : ''}`;
    const size = c.sizeclass === 0 ? 'large' : grouped(c.elemsize);
    lines.push(
      `${''.padEnd(16)}${name.padStart(6)}${size.padStart(10)}${grouped(c.spans).padStart(11)}${grouped(c.objects).padStart(14)}${percentText(c.objects, c.slots).padStart(7)}${bytesText(c.inuseBytes).padStart(12)}`,
    );
  }
  if (classes.length > top.length) lines.push(`${''.padEnd(16)}  … and ${classes.length - top.length} more classes`);
  return lines;
}

function reconciliation({ reconciliation }: OverviewResult): string[] {
  if (reconciliation.length === 0) return [];
  const lines = [''];
  reconciliation.forEach((each, i) => {
    const { what, ours, runtime, counter, agrees, note, moving } = each;
    const text = agrees
      ? `${what} ${grouped(ours)} = ${counter}`
      : moving
        ? `${what} ${grouped(ours)}, ${counter} ${grouped(runtime)} a moment apart: moving, within ${percentApart(each)}%`
        : `${what} ${grouped(ours)}, but ${counter} says ${grouped(runtime)}${note ? ` (${note})` : ''}`;
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
        `${(i === 0 ? 'roots' : '').padEnd(16)}${name.replace('runtime.', '').padEnd(18)}${describe(root)}`,
    ),
  ];
}

function findings({ findings, spans }: OverviewResult): string[] {
  if (!spans) return [];
  if (findings.length === 0) return ['', row('findings', spans.complete ? 'none' : 'none in what can be read')];
  return [
    '',
    ...findings.map((finding, i) =>
      row(
        i === 0 ? 'findings' : '',
        printable(`${finding.severity.toUpperCase().padEnd(7)}${finding.id}: ${finding.title}`),
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
