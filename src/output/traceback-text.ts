// Goroutines in the form of the runtime's own dump, so that what reads those reads these (runtime/traceback.go: goroutineheader, traceback2, printcreatedby).
// What is not known of arguments is `...`, as it is of inlined calls.
import { countLeftOut, shownFrames } from '../analysis/goroutine-query.js';
import type { CallsLeftOut, FrameResult, GoroutineResult } from '../analysis/results-goroutines.js';
import type { TracebackTraits } from '../layout/types.js';
import { printable } from './format.js';
import { goroutineHeader } from './goroutine-header.js';

/** Frames of a stack that are gone through up to 1.20, and shown on each side of what is left out since (tracebackInnerFrames, tracebackOuterFrames). */
const mostFrames = 100;
const framesPerSide = 50;

export interface TracebackOptions {
  readonly traits: TracebackTraits;
  /** Frames of the runtime and wrappers too, as under GOTRACEBACK=system. */
  readonly all: boolean;
  /** Labels of pprof too, as with GODEBUG tracebacklabels=1. */
  readonly labels: boolean;
}

/** One goroutine's block, with the empty line behind it. */
export function tracebackText(goroutine: GoroutineResult, { traits, all, labels }: TracebackOptions): string {
  const { frames, leftOut, createdBy, complete, stoppedBecause } = goroutine;
  const show = (some: readonly FrameResult[]) => (all ? some : shownFrames(some, traits));
  const header = goroutineHeader(goroutine, (labels && traits.labels) || undefined);
  const shown = stackLines(frames, show, traits, leftOut);
  // Better all of it than nothing.
  const lines = [header, ...(shown.length > 0 ? shown : stackLines(frames, (some) => some, traits, leftOut))];
  if (frames.length === 0) lines.push(`\tgoroutine stack unavailable${stoppedBecause ? `: ${stoppedBecause}` : ''}`);
  else if (!complete) lines.push(`\t(no more frames: ${stoppedBecause})`);
  if (createdBy && show([asFrame(createdBy)]).length > 0) {
    const by = createdBy.goid === undefined ? '' : ` in goroutine ${createdBy.goid}`;
    lines.push(`created by ${createdBy.func ?? createdBy.pc}${by}`, placeOf(createdBy));
  }
  return `${lines.map(clean).join('\n')}\n\n`;
}

/** A tab is the form's own. */
const clean = (line: string) => (line.startsWith('\t') ? `\t${printable(line.slice(1))}` : printable(line));

const asFrame = ({ pc, func, file, line, offset }: NonNullable<GoroutineResult['createdBy']>): FrameResult => ({
  pc,
  sp: '0x0',
  func,
  file,
  line,
  offset,
  inlined: false,
  wrapper: false,
  how: '',
});

const linesOf = (frames: readonly FrameResult[]): string[] =>
  frames.flatMap((frame) => [`${nameOf(frame)}(${frame.args ?? '...'})`, placeOf(frame)]);

/** What `show` leaves of the frames, and where more than a dump shows are left, the runtime's words for it. */
function stackLines(
  frames: readonly FrameResult[],
  show: (frames: readonly FrameResult[]) => readonly FrameResult[],
  { elision, inlined }: TracebackTraits,
  leftOut: CallsLeftOut | undefined,
): string[] {
  if (elision === 'middle') return elided(show(frames), countLeftOut(leftOut, show));
  // Up to 1.20 the first frames are gone through, hidden ones too; that there are more is said where all of these were shown.
  let whole = 0;
  const end = frames.findIndex((frame) => !frame.inlined && ++whole === mostFrames);
  const shown = show(end < 0 ? frames : frames.slice(0, end + 1));
  const counted = inlined === 'with frame' ? shown.filter((frame) => !frame.inlined) : shown;
  return [...linesOf(shown), ...(counted.length === mostFrames ? ['...additional frames elided...'] : [])];
}

/** `between`: shown ones that are not among `frames`. */
function elided(frames: readonly FrameResult[], between: number): string[] {
  const left = frames.length + between - 2 * framesPerSide;
  if (left <= 0) return linesOf(frames);
  return [
    ...linesOf(frames.slice(0, framesPerSide)),
    `...${left} frames elided...`,
    ...linesOf(frames.slice(-framesPerSide)),
  ];
}

/** traceback.go, printFuncName. */
const nameOf = ({ func, pc }: FrameResult) => (func === 'runtime.gopanic' ? 'panic' : (func ?? pc));

/** An inlined call has no frame to count from. */
function placeOf({
  file,
  line,
  offset,
  inlined,
}: Pick<FrameResult, 'file' | 'line' | 'offset'> & { inlined?: boolean }): string {
  const place = `\t${file ?? '?'}:${line ?? 0}`;
  return inlined || offset === 0 ? place : `${place} +0x${offset.toString(16)}`;
}
