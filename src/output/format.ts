// How numbers look to people: grouped digits, IEC sizes, text that can't hurt a terminal.
import type { BigCount, GcResult, OverviewResult } from '../analysis/results.js';
import { isTold } from '../layout/exact.js';
import type { Layout } from '../layout/types.js';

/** What a list or a line calls the state of a goroutine: told in one place. */
export { stateName } from '../analysis/goroutine-query.js';

/** `12345678` → `12,345,678`; decimal strings too. */
export function grouped(value: number | string): string {
  return String(value).replace(/^(-?\d+)/, (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ','));
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes in IEC units, three significant digits: `1.42 GiB`, `640 B`. */
export function bytesText(value: number | string): string {
  let rest = Number(value);
  let unit = 0;
  while (Math.abs(rest) >= 1000 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || Math.abs(rest) >= 100 ? 0 : Math.abs(rest) >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[unit]}`;
}

/** `part` of `whole` in per cent, no digits after the point below 100: `63%`; `–` of nothing. */
export function percentText(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = Math.floor((100 * part) / whole);
  return percent === 0 && part > 0 ? '<1%' : `${percent}%`;
}

/** How far two numbers that should be equal are apart, in per cent of `runtime`, rounded up. */
export function percentApart({ ours, runtime }: Record<'ours' | 'runtime', number | string>): number {
  return Math.ceil((100 * Math.abs(Number(ours) - Number(runtime))) / Math.max(1, Number(runtime)));
}

/** What can move a terminal's cursor, end a line or turn the direction of text. */
const harmful = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Without control characters, escape sequences' introducers, and bidirectional overrides; cut to `limit` characters. */
export function printable(text: string, limit = 4096): string {
  const cut = text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
  return cut.replace(harmful, '\ufffd');
}

/** A value as JSON in which such characters are escaped: it means the same, and does nothing to a terminal. `indent` as JSON.stringify has it. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(harmful, (char) =>
    char === '\n' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const durations = [
  [1, 'ns'],
  [1e3, 'µs'],
  [1e6, 'ms'],
  [1e9, 's'],
  [60e9, 'min'],
  [3600e9, 'h'],
] as const;

/** Nanoseconds in the largest unit of which there is at least one, three significant digits: `35.6 µs`. */
export function durationText(nanoseconds: number | string): string {
  const value = Number(nanoseconds);
  let [scale, unit]: readonly [number, string] = durations[0];
  for (const [from, name] of durations) if (Math.abs(value) >= from) [scale, unit] = [from, name];
  const rest = value / scale;
  const digits = scale === 1 || Math.abs(rest) >= 100 ? 0 : Math.abs(rest) >= 10 ? 1 : 2;
  return `${rest.toFixed(digits)} ${unit}`;
}

/** Puts the mark before a number, or leaves it as it is. */
export type Mark = (text: string) => string;

export const unmarked: Mark = (text) => text;

/**
 * The mark of numbers that were read by offsets told from the image alone, or by those of another release whose table stands in: `~1,234`. One place says so for
 * every text.
 */
export function markOf(source: string): Mark {
  return source === 'inferred' || source === 'stand-in' ? (text) => `~${text}` : unmarked;
}

/** The mark of what is read of a struct in this layout, by the struct's name. */
export type Marks = (struct: string) => Mark;

export function marksOf(layout: Layout): Marks {
  return (struct) => (isTold(layout, struct) ? markOf('inferred') : unmarked);
}

/** `table go1.22.5/amd64`, with `~` before it where that was not measured on this release; what was inferred has it in its name. */
export const layoutName = ({ name, exact }: { readonly name: string; readonly exact: boolean }) =>
  exact || name.startsWith('~') ? name : `~${name}`;

/** How an overview's numbers are marked: those of spans, those of gcController and memstats, those read of a g. */
export function overviewMarks({
  source,
  told = [],
  standIn,
}: OverviewResult['layout']): Record<'spans' | 'gc' | 'goroutines', Mark> {
  const markTold = (struct: string, otherwise = 'table') => markOf(told.includes(struct) ? 'inferred' : otherwise);
  return {
    spans: source === 'inferred' ? markOf(source) : markTold('mspan'),
    gc: markTold('gcControllerState', standIn ? 'stand-in' : 'table'),
    goroutines: markTold('g'),
  };
}

/** `14 in allgs: 9 waiting, 4 runnable, 1 running`: how many have which status is read of each g, and marked. */
export function goroutineCountsText(
  { total, byStatus, unreadable }: NonNullable<OverviewResult['goroutines']>,
  mark: Mark,
): string {
  const counts = Object.entries(byStatus).sort(([, a], [, b]) => b - a);
  const texts = counts.map(([status, count]) => `${mark(grouped(count))} ${status}`);
  if (unreadable > 0) texts.push(`${grouped(unreadable)} unreadable`);
  return `${grouped(total)} in allgs${texts.length > 0 ? `: ${texts.join(', ')}` : ''}`;
}

/** GOGC and GOMEMLIMIT are fields of gcController, and read as those are, where the release has them there (1.18+, 1.19+). */
const settingFields: Readonly<Record<string, string>> = { GOGC: 'gcPercent', GOMEMLIMIT: 'memoryLimit' };

/** How the value of a setting was read, for `markOf`. */
export function settingBy(name: string, { controllerBy, gcController }: GcResult): string {
  const field = settingFields[name];
  return field !== undefined && field in gcController.fields ? (controllerBy ?? 'table') : 'table';
}

/** `roots ✓` where all were found and confirmed, else how many were not: `2 roots ?`. */
export function rootsText(roots: readonly { readonly state: string }[]): string {
  const doubtful = roots.filter(({ state }) => state !== 'confirmed').length;
  return doubtful === 0 ? 'roots ✓' : `${doubtful} ${doubtful === 1 ? 'root' : 'roots'} ?`;
}

const known = (value: BigCount | null, text: (shown: string) => string) =>
  value === null ? [] : [text(bytesText(value))];

/** What the kernel says of the process around the heap. Label and text of each line; none where no `/proc` was there to ask. */
export function footprintTexts({
  footprint,
  layout,
}: Pick<OverviewResult, 'footprint' | 'layout'>): [string, string][] {
  if (!footprint) return [];
  const marks = overviewMarks(layout);
  const { rss, rssAnon, rssFile, swap, cgroup, heapMapped, heapReleased, source } = footprint;
  const parts = [...known(rssAnon, (shown) => `${shown} anonymous`), ...known(rssFile, (shown) => `${shown} of files`)];
  const heap = [
    ...known(heapMapped, (shown) => `${marks.spans(shown)} mapped`),
    ...known(heapReleased, (shown) => `${marks.gc(shown)} of it released`),
  ];
  const resident = [
    ...known(rss, (shown) => `RSS ${shown}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`),
    ...known(swap, (shown) => `swap ${shown}`),
    ...(heap.length > 0 ? [`heap ${heap.join(', ')}`] : []),
  ];
  const lines: [string, string][] =
    rss === null ? [] : [['process', printable(`${resident.join('; ')}; by ${source}`)]];
  if (!cgroup) return lines;
  const { path, limit, current } = cgroup;
  const share = current !== null && typeof limit === 'number' && limit > 0 ? ` (${percentText(current, limit)})` : '';
  const cap =
    limit === null ? 'limit not known' : limit === 'max' ? 'no memory limit' : `memory limit ${bytesText(limit)}`;
  const use = known(current, (shown) => `, in use ${shown}${share}`).join('');
  return [...lines, ['cgroup', printable(`${path === null ? '' : `${path}: `}${cap}${use}`)]];
}
