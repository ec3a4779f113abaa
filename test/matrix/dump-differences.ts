// How a goroutine as spanscope shows it differs from what its program said of it in a dump of its own.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FrameResult, GoroutineResult } from '../../src/analysis/results-goroutines.js';
import { stateText } from '../../src/output/goroutine-header.js';
import { type DumpedGoroutine, parseDump } from '../support/traceback.js';
import type { PreparedImage } from './prepared.js';

/** Frames that a dump shows before it leaves the rest out, where it does not say so (1.12 and 1.13, with inlined calls among them). */
const mostDumped = 100;
const framesPerSide = 50;

/** What the program wrote of its goroutines before its core was taken; of one that it dumped twice the second time. Empty where it wrote nothing. */
export function dumpOf(image: PreparedImage): DumpedGoroutine[] {
  const path = join(dirname(image.server), 'stderr.txt');
  // Goroutine 0 is a thread's own stack. A thread in C may name its goroutine and show no frame of it.
  const all = existsSync(path) ? parseDump(readFileSync(path, 'utf8')).filter(({ goid }) => goid !== 0) : [];
  const shown = new Map(all.filter(({ frames }) => frames.length > 0).map((one) => [one.goid, one]));
  return [...new Map(all.map((one) => [one.goid, shown.get(one.goid) ?? one])).values()];
}

const frameText = ({
  func,
  file,
  line,
  offset,
  sp,
}: {
  func: string | null;
  file?: string | null;
  line?: number | null;
  offset?: string;
  sp?: string;
}) => `${func} ${file}:${line}${sp === undefined ? '' : ` +${offset ?? '0'} sp ${sp}`}`;

function ourFrames(frames: readonly FrameResult[], { frames: dumped, elided }: DumpedGoroutine): string[] {
  // One that died by a panic wrote its dump before it went on to raise the signal.
  const panicked = dumped[0]?.func === 'panic' ? frames.findIndex(({ func }) => func === 'runtime.gopanic') : 0;
  const all = frames.slice(Math.max(0, panicked)).map(({ func, file, line, offset, sp, inlined }) =>
    frameText({
      func: func === 'runtime.gopanic' ? 'panic' : func,
      file,
      line,
      ...(inlined ? {} : { offset: offset.toString(16), sp: sp.slice(2) }),
    }),
  );
  if (typeof elided === 'number' && elided > 0)
    return [...all.slice(0, framesPerSide), ...all.slice(framesPerSide + elided)];
  return elided === 'rest' || dumped.length >= mostDumped ? all.slice(0, dumped.length) : all;
}

/** What differs, a line each. */
export function differences(ours: GoroutineResult | undefined, dumped: DumpedGoroutine): string[] {
  if (!ours) return [`goroutine ${dumped.goid} [${dumped.state}]: missing`];
  const found: string[] = [];
  const compare = (what: string, a: unknown, b: unknown) => {
    if (a !== b) found.push(`goroutine ${dumped.goid}: ${what}: ${a}, the dump says ${b}`);
  };
  const { scanned: _, ...unscanned } = ours;
  compare('state', stateText(unscanned), dumped.state.replace(/ \(scan\)| labels:\{.*\}$/g, ''));
  const frames = ourFrames(ours.frames, dumped);
  const expected = dumped.frames.map((frame) => frameText(frame));
  compare('frames', frames.length, expected.length);
  const first = expected.findIndex((text, i) => text !== frames[i]);
  if (first >= 0) compare(`frame ${first}`, frames[first], expected[first]);
  const by = ours.createdBy;
  compare(
    'created by',
    by && `${by.func} ${by.file}:${by.line} +${by.offset.toString(16)} in ${by.goid}`,
    createdText(dumped),
  );
  return found;
}

function createdText({ createdBy }: DumpedGoroutine): string | null {
  if (!createdBy) return null;
  const { func, file, line, offset, goid } = createdBy;
  return `${func} ${file}:${line} +${offset} in ${goid}`;
}
