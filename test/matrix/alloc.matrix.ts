// `stacks --alloc` where a program stopped inside the allocator, by what gdb said of the same moment with DWARF: the chain of the allocator's functions across the
// switch to the thread's own stack, the program's function with its line, and of what is being allocated nothing that is wrong. Most are linked with `-s -w`.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AllocationResult, AllocationSite } from '../../src/analysis/results-goroutines.js';
import { manifest, spanscopeJson } from './prepared.js';

interface Frame {
  readonly func: string;
  readonly file: string;
  readonly line: number;
}

interface Stop {
  readonly core: string;
  /** The function of the program; the digits of its name are the bytes that it asks for. */
  readonly site: string;
  /** Innermost first, up to the program's entry. */
  readonly goroutine: readonly Frame[];
  /** The thread's own stack, where the program stopped on that. */
  readonly thread: readonly Frame[] | null;
  readonly arguments: { readonly npages?: number; readonly spanclass?: number };
}

interface Answer {
  readonly allocations: readonly AllocationResult[];
  readonly sites: readonly AllocationSite[];
}

interface EachAnswer {
  readonly images: readonly { readonly image: string; readonly allocations: readonly AllocationResult[] }[];
  readonly sites: readonly AllocationSite[];
}

const allocator = /^runtime\.(mallocgc\w*|largeAlloc|\(\*m(cache|central|heap)\)\.[\w.]+)$/;

/** Outermost first. */
function chainOf({ goroutine, thread }: Stop): string[] {
  const inner = (thread ?? []).slice(
    0,
    thread?.findIndex(({ func }) => func.startsWith('runtime.systemstack')),
  );
  return [...inner, ...goroutine.slice(0, siteIndex(goroutine))]
    .map(({ func }) => func)
    .filter((func) => allocator.test(func))
    .reverse();
}

const siteIndex = (frames: readonly Frame[]) => frames.findIndex(({ func }) => func.startsWith('main.'));

/** What is said, and is not what gdb says. */
function wrong({ allocating }: AllocationResult, stop: Stop): string[] {
  if (!allocating) return [];
  const { bytes, slot, sizeclass, noscan } = allocating;
  const asked = Number(/\d+$/.exec(stop.site)![0]);
  const { spanclass } = stop.arguments;
  return [
    ...(bytes !== null && bytes !== asked ? [`${bytes} bytes, ${asked} were asked for`] : []),
    ...(slot !== null && slot < asked ? [`a slot of ${slot} bytes holds no ${asked}`] : []),
    ...(spanclass !== undefined && sizeclass !== null && sizeclass !== spanclass >> 1
      ? [`class ${sizeclass}, it is ${spanclass >> 1}`]
      : []),
    ...(spanclass !== undefined && noscan !== null && noscan !== ((spanclass & 1) === 1) ? [`noscan ${noscan}`] : []),
  ];
}

describe.each((manifest.allocs ?? []).map((folder) => ({ name: basename(folder), folder })))('$name', ({ folder }) => {
  const { stops } = JSON.parse(readFileSync(join(folder, 'stops.json'), 'utf8')) as { stops: Stop[] };

  it.each(stops)('$core', (stop) => {
    const files = [join(folder, 'server'), join(folder, stop.core)];
    const { allocations, sites } = spanscopeJson<Answer>(['stacks', '--alloc', ...files]);
    const found = allocations.filter(({ site }) => site?.func === `main.${stop.site}`);
    expect(found).toHaveLength(1);
    const [one] = found as [AllocationResult];
    expect(one.chain).toEqual(chainOf(stop));
    const { file, line } = stop.goroutine[siteIndex(stop.goroutine)]!;
    expect(file.endsWith(one.site!.file!) || one.site!.file!.endsWith(file)).toBe(true);
    expect(one.site!.line).toBe(line);
    expect(wrong(one, stop)).toEqual([]);
    expect(sites.map(({ site, count }) => [site?.func, count])).toContainEqual([`main.${stop.site}`, 1]);
  });

  it('sums up the sites of several images', () => {
    const cores = stops.map(({ core }) => join(folder, core));
    const { images, sites } = spanscopeJson<EachAnswer>([
      'stacks',
      '--alloc',
      '--each',
      ...cores,
      join(folder, 'server'),
    ]);
    expect(images.map(({ image }) => image)).toEqual(cores);
    // Of small objects the class is known, but where the stack still holds what an earlier call had in hand.
    const small = stops.flatMap((stop, i) => ((stop.arguments.spanclass ?? 0) > 1 ? [images[i]!.allocations] : []));
    const known = small.filter((found) => found.some(({ site, allocating }) => site && allocating?.sizeclass));
    expect(known.length).toBeGreaterThanOrEqual(small.length * 0.75);
    const expected = new Map<string, number>();
    for (const { site } of stops) expected.set(`main.${site}`, (expected.get(`main.${site}`) ?? 0) + 1);
    const counted = new Map<string, number>();
    for (const { site, count } of sites) if (site) counted.set(site.func, (counted.get(site.func) ?? 0) + count);
    expect(counted).toEqual(expected);
  });
});
