// `stacks --alloc` for people: sites first, then each stack that stands in the allocator.
import type { AllocationResult, AllocationSite } from '../analysis/results-goroutines.js';
import { bytesText, grouped, printable } from './format.js';

const nobody = 'no thread or goroutine is inside the allocator, the sweeper or the scavenger\n';

export function allocationText(results: readonly AllocationResult[], sites: readonly AllocationSite[]): string {
  return results.length === 0 ? nobody : textOf([...siteLines(sites), '', ...results.flatMap(one)]);
}

/** The sites of all images together, then what each shows. */
export function imagesAllocationText(
  images: readonly { readonly image: string; readonly results: readonly AllocationResult[] }[],
  sites: readonly AllocationSite[],
): string {
  const busy = images.filter(({ results }) => results.length > 0);
  const head = `${grouped(busy.length)} of ${grouped(images.length)} images have a stack inside the allocator, the sweeper or the scavenger`;
  if (busy.length === 0) return textOf([head]);
  return textOf([
    head,
    '',
    ...siteLines(sites),
    ...busy.flatMap(({ image, results }) => ['', image, ...results.flatMap(one)]),
  ]);
}

const textOf = (lines: readonly string[]) => `${lines.map((line) => printable(line)).join('\n')}\n`;

const siteLines = (sites: readonly AllocationSite[]) => [
  'stacks  asked for by',
  ...sites.map(
    ({ site, count, parts }) =>
      `${grouped(count).padStart(6)}  ${siteText(site)}  (${Object.entries(parts)
        .map(([part, n]) => `${part} ${n}`)
        .join(', ')})`,
  ),
];

const siteText = (site: AllocationResult['site']) =>
  site ? `${site.func}  ${site.file ?? '?'}:${site.line ?? '?'}` : 'the runtime itself';

function one({ tid, goid, status, part, chain, site, allocating }: AllocationResult): string[] {
  const who = [
    ...(goid === null ? [] : [`goroutine ${goid}${status ? ` [${status}]` : ''}`]),
    ...(tid === null ? [] : [`thread ${tid}`]),
  ].join(', ');
  return [
    `${who}: ${part}${allocating ? `, ${whatText(allocating)}` : ''}`,
    `    ${chain.map((func) => func.replace(/^runtime\./, '')).join(' → ')}`,
    `    asked for by ${siteText(site)}`,
  ];
}

const sources: Readonly<Record<string, string>> = {
  argument: 'by its argument',
  mcentral: 'by the mcentral in hand',
  span: 'by the span in hand',
};

function whatText({
  bytes,
  slot,
  sizeclass,
  noscan,
  span,
  source,
}: NonNullable<AllocationResult['allocating']>): string {
  const size = bytes === null ? '' : `asks for ${bytesText(bytes)}`;
  const slots = slot === null ? '' : ` of ${bytesText(slot)}`;
  const kind =
    sizeclass === null
      ? ''
      : `${sizeclass === 0 ? 'large' : `class ${sizeclass}${slots}`}${noscan === true ? ', noscan' : ''}`;
  return `${[size, kind, ...(span ? [`span ${span}`] : [])].filter((text) => text !== '').join(', ')} (${sources[source]})`;
}
