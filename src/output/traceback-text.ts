// Goroutines in the form of the runtime's own dump, so that what reads those reads these (runtime/traceback.go: goroutineheader, traceback2, printcreatedby).
// Arguments are never known: `...`.
import { shownFrames, stateName } from '../analysis/goroutine-query.js';
import type { FrameResult, GoroutineResult } from '../analysis/results-goroutines.js';
import { printable } from './format.js';

const nanosecondsPerMinute = 60e9;
/** Frames of a stack up to 1.20, and on each side of what is left out since (tracebackInnerFrames, tracebackOuterFrames). */
const mostFrames = 100;
const framesPerSide = 50;

export interface TracebackOptions {
  readonly elision: 'rest' | 'middle';
  /** Frames of the runtime and wrappers too, as under GOTRACEBACK=system. */
  readonly all: boolean;
}

/** One goroutine's block, with the empty line behind it. */
export function tracebackText(goroutine: GoroutineResult, { elision, all }: TracebackOptions): string {
  const { goid, frames, createdBy, complete, stoppedBecause } = goroutine;
  const shown = all ? frames : shownFrames(frames);
  const lines = [`goroutine ${goid} [${stateOf(goroutine)}]:`, ...elided(shown, elision)];
  if (frames.length === 0) lines.push(`\tgoroutine stack unavailable${stoppedBecause ? `: ${stoppedBecause}` : ''}`);
  else if (!complete) lines.push(`\t(no more frames: ${stoppedBecause})`);
  if (createdBy && (all || shownFrames([asFrame(createdBy)]).length > 0)) {
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

function stateOf({ status, waitReason, waitSinceAtLeast, lockedToThread }: GoroutineResult): string {
  const minutes = Math.floor((waitSinceAtLeast ?? 0) / nanosecondsPerMinute);
  return [
    stateName({ status, waitReason }),
    ...(minutes >= 1 ? [`${minutes} minutes`] : []),
    ...(lockedToThread ? ['locked to thread'] : []),
  ].join(', ');
}

function elided(frames: readonly FrameResult[], elision: TracebackOptions['elision']): string[] {
  const lines = (some: readonly FrameResult[]) => some.flatMap((frame) => [`${nameOf(frame)}(...)`, placeOf(frame)]);
  if (frames.length <= mostFrames) return lines(frames);
  if (elision === 'rest') return [...lines(frames.slice(0, mostFrames)), '...additional frames elided...'];
  const left = frames.length - 2 * framesPerSide;
  return [
    ...lines(frames.slice(0, framesPerSide)),
    `...${left} frames elided...`,
    ...lines(frames.slice(-framesPerSide)),
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
