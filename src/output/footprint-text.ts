// What the kernel says of the process around the heap: what was resident, and the memory limit of its cgroup.
import type { BigCount, OverviewResult } from '../analysis/results.js';
import { bytesText, overviewMarks, percentText, printable } from './format.js';

const known = (value: BigCount | null, text: (shown: string) => string) =>
  value === null ? [] : [text(bytesText(value))];

/** Label and text of each line; none where no `/proc` was there to ask. */
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
