// `goroutines` and `goroutine ID` for people: groups of one stack, or one line a goroutine.
import { countLeftOut, type GoroutineGroup, shownFrames, stateName } from '../analysis/goroutine-query.js';
import type { CreatedBy, FrameResult, GoroutineResult } from '../analysis/results-goroutines.js';
import { durationText, grouped, type Mark, printable, unmarked } from './format.js';

const width = 80;

/** `3 goroutines [chan receive, at least 3.20 min]  20 21 22`, then the stack that they have in common. `mark`: of what is read of a g. */
export function groupText(
  { goroutines, waitSinceAtLeast }: GoroutineGroup,
  all: boolean,
  mark: Mark = unmarked,
): string {
  const [first] = goroutines;
  const count = `${grouped(goroutines.length)} ${goroutines.length === 1 ? 'goroutine' : 'goroutines'}`;
  const head = `${count} [${stateText(first, waitSinceAtLeast, mark)}]`;
  return `${[cutIds(`${head}  `, goroutines, mark), ...stackLines(first, all)].map((line) => printable(line)).join('\n')}\n`;
}

/** As many goids as fit into the line, then how many more there are. */
function cutIds(head: string, goroutines: readonly GoroutineResult[], mark: Mark): string {
  let line = head;
  for (const [i, goroutine] of goroutines.entries()) {
    const goid = mark(String(goroutine.goid));
    const rest = goroutines.length - i;
    if (i > 0 && line.length + `${goid} … ${rest} more`.length > width) return `${line}… ${grouped(rest)} more`;
    line += `${goid} `;
  }
  return line.trimEnd();
}

function stateText(
  { status, waitReason, lockedToThread, thread, system }: GoroutineResult,
  wait: number | null,
  mark: Mark,
): string {
  return [
    mark(stateName({ status, waitReason })),
    ...(wait === null ? [] : [`at least ${mark(durationText(wait))}`]),
    ...(thread === null ? [] : [`on thread ${thread}`]),
    ...(lockedToThread ? ['locked to thread'] : []),
    ...(system ? ['system'] : []),
  ].join(', ');
}

function stackLines({ frames, leftOut, createdBy, complete, stoppedBecause }: GoroutineResult, all: boolean): string[] {
  const show = (some: readonly FrameResult[]) => (all ? some : shownFrames(some));
  const shown = show(frames);
  // A stack of the runtime's alone: better all of it than nothing.
  const lines = (shown.length > 0 ? shown : frames).map((frame) => frameLine(frame));
  if (lines.length > mostLines)
    lines.splice(
      linesKept,
      lines.length - 2 * linesKept,
      `    … ${grouped(lines.length - 2 * linesKept + countLeftOut(leftOut, show))} more frames …`,
    );
  if (!complete) lines.push(`    ${frames.length === 0 ? 'no stack' : 'no more'}: ${stoppedBecause}`);
  if (createdBy)
    lines.push(`    created by ${createdBy.func ?? createdBy.pc}${byText(createdBy)}  ${placeText(createdBy)}`);
  return lines;
}

const mostLines = 60;
const linesKept = 25;

const byText = ({ goid }: CreatedBy) => (goid === undefined ? '' : ` in goroutine ${goid}`);
const placeText = ({ file, line }: { readonly file: string | null; readonly line: number | null }) =>
  `${file ?? '?'}:${line ?? '?'}`;
const frameLine = (frame: FrameResult) =>
  `    ${frame.func === null ? frame.pc : `${frame.func}  ${placeText(frame)}`}${frame.inlined ? '  inlined' : ''}`;

/** A line a goroutine: goid, state, the first function that is the program's own. */
export function flatLines(goroutines: readonly GoroutineResult[], mark: Mark = unmarked): string[] {
  const rows = goroutines.map((goroutine) => {
    const top = shownFrames(goroutine.frames)[0] ?? goroutine.frames[0];
    const wait = goroutine.waitSinceAtLeast;
    return [
      mark(String(goroutine.goid)),
      `${mark(stateName(goroutine))}${goroutine.system ? ' (system)' : ''}`,
      wait === null ? '' : `≥ ${mark(durationText(wait))}`,
      top ? (top.func === null ? top.pc : `${top.func}  ${placeText(top)}`) : (goroutine.stoppedBecause ?? ''),
    ];
  });
  const table = [['goid', 'state', 'waits', 'in'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map(([goid, state, waits, at]) =>
    printable(`${goid!.padStart(widths[0]!)}  ${state!.padEnd(widths[1]!)}  ${waits!.padStart(widths[2]!)}  ${at}`),
  );
}

/** One goroutine with all that is known: each frame with its pc, SP and why it is believed. */
export function goroutineText(goroutine: GoroutineResult, mark: Mark = unmarked): string {
  const { goid, g, stack, frames, createdBy, startFunc, waitSinceAtLeast, complete, stoppedBecause } = goroutine;
  const deepest = frames[0];
  const used = deepest ? Number(stack.end) - Number(deepest.sp) : undefined;
  const facts = [
    `goroutine ${mark(String(goid))} [${stateText(goroutine, waitSinceAtLeast, mark)}]`,
    `  g ${g}, stack ${mark(stack.start)}–${mark(stack.end)}${used !== undefined && used >= 0 ? `, ${mark(grouped(used))} of ${mark(grouped(Number(stack.end) - Number(stack.start)))} bytes used` : ''}`,
    `  started in ${startFunc ?? '?'}${createdBy ? `, created by ${createdBy.func ?? createdBy.pc}${byText(createdBy)}  ${placeText(createdBy)}` : ''}`,
    '',
  ];
  return `${[...facts, ...frameTable(goroutine), ...(complete ? [] : [`  ${stoppedBecause}`])].map((line) => printable(line)).join('\n')}\n`;
}

/** pc, SP, function +offset, place, how. */
export function frameTable({ frames, leftOut }: Pick<GoroutineResult, 'frames' | 'leftOut'>): string[] {
  const widest = (pick: (frame: FrameResult) => string) =>
    Math.max(0, ...frames.slice(0, 1000).map((frame) => pick(frame).length));
  const [pcWidth, spWidth] = [widest(({ pc }) => pc), widest(({ sp }) => sp)];
  const lines = frames.map(({ pc, sp, func, file, line, offset, inlined, wrapper, how }, at) => {
    const i = leftOut && at >= leftOut.at ? at + leftOut.count : at;
    if (func === null) return `${String(i).padStart(4)}  ${pc.padEnd(pcWidth)}  ${sp.padEnd(spWidth)}  ?  ${how}`;
    const what = inlined ? `${func} (inlined)` : `${func} +0x${offset.toString(16)}${wrapper ? ' (wrapper)' : ''}`;
    return `${String(i).padStart(4)}  ${pc.padEnd(pcWidth)}  ${sp.padEnd(spWidth)}  ${what}  ${placeText({ file, line })}  ${inlined ? '' : how}`.trimEnd();
  });
  if (lines.length > mostLines)
    lines.splice(
      linesKept,
      lines.length - 2 * linesKept,
      `  … ${grouped(lines.length - 2 * linesKept + (leftOut?.count ?? 0))} more frames (--json --frames 0 has ${leftOut ? 'more' : 'all'})`,
    );
  return lines;
}
