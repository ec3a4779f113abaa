// `stacks --alloc` for people: sites first, then each stack that stands in the allocator.
import type { AllocationResult, AllocationSite } from '../analysis/results-goroutines.js';
import { bytesText, grouped, printable } from './format.js';

export function allocationText(results: readonly AllocationResult[], sites: readonly AllocationSite[]): string {
  if (results.length === 0) return 'no thread or goroutine is inside the allocator, the sweeper or the scavenger\n';
  const lines = [
    'stacks  asked for by',
    ...sites.map(
      ({ site, count, parts }) =>
        `${grouped(count).padStart(6)}  ${siteText(site)}  (${Object.entries(parts)
          .map(([part, n]) => `${part} ${n}`)
          .join(', ')})`,
    ),
    '',
    ...results.flatMap(one),
  ];
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}

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
  argument: 'its argument says',
  mcentral: 'by the mcentral in hand',
  span: 'by the span in hand',
};

function whatText({ bytes, sizeclass, noscan, span, source }: NonNullable<AllocationResult['allocating']>): string {
  const size = bytes === null ? '' : bytesText(bytes);
  const kind =
    sizeclass === null ? '' : `${sizeclass === 0 ? 'large' : `class ${sizeclass}`}${noscan === true ? ', noscan' : ''}`;
  return `${[size, kind, ...(span ? [`span ${span}`] : [])].filter((text) => text !== '').join(', ')} (${sources[source]})`;
}
