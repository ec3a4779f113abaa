// layouts/traits.json and layouts/constants.json against the sources of every Go toolchain in the module cache: size classes, span states, arenas,
// wait reasons, goroutine statuses, kinds of specials, funcIDs, how spans are kept and marked, tables of functions, what a dump shows.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConstants } from '../../src/layout/constants.js';
import { layoutsFolder } from '../../src/layout/load.js';
import { loadTraits } from '../../src/layout/traits.js';

const cache = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).stdout?.trim() ?? '';
const folder = join(cache, 'golang.org');
const toolchains = (existsSync(folder) ? readdirSync(folder) : []).flatMap((name) => {
  const release = /^toolchain@v0\.0\.1-(go[\w.]+)\.linux-amd64$/.exec(name)?.[1];
  return release !== undefined && existsSync(join(folder, name, 'src/runtime/mheap.go'))
    ? [{ release, src: join(folder, name, 'src') }]
    : [];
});

/** The first of the files that is there. */
function source(src: string, ...names: string[]): string {
  const name = names.find((one) => existsSync(join(src, one)));
  return name === undefined ? '' : readFileSync(join(src, name), 'utf8');
}

/** The names of a constant block from `first` on, in order, comments and `_` kept in place. */
function block(text: string, first: RegExp): string[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => first.test(line));
  expect(start).toBeGreaterThan(0);
  const names: string[] = [];
  for (const line of lines.slice(start)) {
    if (line.startsWith(')')) break;
    const name = /^\t(\w+)/.exec(line)?.[1];
    if (name !== undefined) names.push(name);
  }
  return names;
}

/**
 * A constant expression of runtime/malloc.go on linux: numbers, + - * << and parentheses, and words like `goarch.IsAmd64`, `sys.GoosAix`, `_64bit`
 * that are 0 or 1.
 */
function evaluate(expression: string, goarch: string): bigint {
  const known: Readonly<Record<string, boolean>> = {
    _64bit: !words32.includes(goarch),
    linux: true,
    [goarch]: true,
  };
  const tokens = expression.match(/0x[0-9a-f]+|\d+\b|[\w.]+|<<|[-+*()]/g) ?? [];
  const value = (): bigint => {
    const token = tokens.shift() ?? '';
    if (token === '(') {
      const inner = sum();
      expect(tokens.shift()).toBe(')');
      return inner;
    }
    if (/^\d/.test(token)) return BigInt(token);
    return known[token.replace(/^(sys\.Go(os|arch)|go(os|arch)\.Is)/, '').toLowerCase()] ? 1n : 0n;
  };
  const product = (): bigint => {
    let result = value();
    while (tokens[0] === '*' || tokens[0] === '<<')
      result = tokens.shift() === '*' ? result * value() : result << value();
    return result;
  };
  const sum = (): bigint => {
    let result = product();
    while (tokens[0] === '+' || tokens[0] === '-') result += tokens.shift() === '+' ? product() : -product();
    return result;
  };
  const result = sum();
  expect(tokens).toEqual([]);
  return result;
}

const words32: readonly string[] = ['386', 'arm', 'mips', 'mipsle'];
const linuxArches = [
  ...words32,
  ...['amd64', 'arm64', 'loong64', 'mips64', 'mips64le', 'ppc64', 'ppc64le', 'riscv64', 's390x'],
];

const fromList = (names: readonly string[]): [number, string][] => names.map((name, i) => [i, name]);
const byNumber = (map: ReadonlyMap<number, string>): [number, string][] => [...map].sort(([a], [b]) => a - b);

it('there are toolchains to compare with', () => {
  expect(toolchains.length).toBeGreaterThan(0);
});

describe.each(toolchains)('$release', ({ release, src }) => {
  const minor = Number(release.split('.')[1]?.match(/^\d+/)?.[0]);
  const constants = loadConstants(layoutsFolder()).at(release);
  const traits = (pointerSize: 4 | 8, experiments: string[]) =>
    loadTraits(layoutsFolder()).at({
      goVersion: release,
      goos: 'linux',
      goarch: pointerSize === 8 ? 'amd64' : '386',
      pointerSize,
      experiments,
    });

  /** Undefined for ports that are none of ours. */
  const minLC = (goarch: string) => {
    const { callFrames } = JSON.parse(readFileSync(join(layoutsFolder(), 'traits.json'), 'utf8')) as {
      callFrames: Readonly<Record<string, unknown>>;
    };
    const pointerSize = words32.includes(goarch) ? (4 as const) : (8 as const);
    const key = { goVersion: release, goos: 'linux', goarch, pointerSize, experiments: [] };
    return goarch in callFrames ? loadTraits(layoutsFolder()).at(key).minLC : undefined;
  };

  it('size classes', () => {
    const text = source(src, 'internal/runtime/gc/sizeclasses.go', 'runtime/sizeclasses.go');
    const list = /(?:class_to_size|SizeClassToSize) *= *\[\w+\]uint16\{([\d, ]+)\}/.exec(text)?.[1];
    expect(traits(8, []).sizeClasses).toEqual(list?.split(',').map(Number));
  });

  it('span states', () => {
    const names = block(source(src, 'runtime/mheap.go'), /^\t_?mSpanDead +\w* *= iota|^\t_MSpanDead = iota/i);
    const words: Record<string, string> = {
      mspandead: 'free',
      mspaninuse: 'inuse',
      mspanmanual: 'manual',
      mspanfree: 'free',
    };
    expect(traits(8, []).spanStates).toEqual(names.map((name) => words[name.replace(/^_/, '').toLowerCase()]));
  });

  it.runIf(minor <= 10)('wait reasons are texts', () => {
    expect(source(src, 'runtime/runtime2.go')).toMatch(/^\twaitreason +string/m);
    expect([...constants.waitReasons]).toEqual([]);
  });

  it.runIf(minor > 10)('wait reasons', () => {
    const text = source(src, 'runtime/runtime2.go');
    const order = block(text, /^\twaitReasonZero +waitReason = iota/);
    const texts = new Map([...text.matchAll(/^\t(waitReason\w+): +"(.*)",/gm)].map(([, name, words]) => [name, words]));
    expect(byNumber(constants.waitReasons)).toEqual(fromList(order.map((name) => texts.get(name) ?? '')));
  });

  it('goroutine statuses', () => {
    const text = source(src, 'runtime/runtime2.go');
    const listed = [...text.matchAll(/^\t_G(\w+)(?: = iota)? +\/\/ (\d+)/gm)].map(([, name, number]) => [
      Number(number),
      name,
    ]);
    expect(listed.length).toBeGreaterThan(7);
    expect(byNumber(constants.statuses)).toEqual(listed);
  });

  it('kinds of specials', () => {
    const text = source(src, 'runtime/mheap.go');
    const listed = [...text.matchAll(/^\t_KindSpecial(\w+) += (\d+)/gm)].map(([, name, number]) => [
      Number(number),
      name?.toLowerCase(),
    ]);
    expect(byNumber(constants.specialKinds)).toEqual(listed);
  });

  it('funcIDs', () => {
    const text = source(src, 'internal/abi/symtab.go', 'runtime/symtab.go');
    const names = /funcID/i.test(text) ? block(text, /^\t(funcID_normal|FuncIDNormal) \w+ = iota/i) : [];
    expect(names.length > 0).toBe(minor > 10 || release === 'go1.10.2' || release === 'go1.10.8');
    expect(byNumber(constants.funcIds)).toEqual(
      fromList(
        names.map((name) => name.replace(/^funcID_?/i, '').replace(/^(Normal|Wrapper)$/, (word) => word.toLowerCase())),
      ),
    );
  });

  it('pages', () => {
    const text = source(src, 'internal/runtime/gc/sizeclasses.go', 'runtime/sizeclasses.go');
    const shift = /^\t_?PageShift += (\d+)/m.exec(text)?.[1];
    expect(traits(8, []).pageSize).toBe(2 ** Number(shift));
  });

  it.runIf(minor > 10)('arenas', () => {
    const text = source(src, 'runtime/malloc.go');
    const of = (name: string, goarch: string) =>
      evaluate(
        new RegExp(`^\\t${name}(?: uintptr)? += (.*)$`, 'm')
          .exec(text)?.[1]
          ?.replace(/ *\/\/.*| \+ \(\^0x\w+.*Aix$/g, '') ?? '',
        goarch,
      );
    for (const goarch of linuxArches) {
      const l1Bits = Number(of('arenaL1Bits', goarch));
      const log = Number(of('logHeapArenaBytes', goarch));
      const pointerSize = words32.includes(goarch) ? (4 as const) : (8 as const);
      const key = { goVersion: release, goos: 'linux', goarch, pointerSize, experiments: [] } as const;
      expect(loadTraits(layoutsFolder()).at(key).arena, goarch).toEqual({
        heapArenaBytes: 2 ** log,
        l1Bits,
        l2Bits: Number(of('heapAddrBits', goarch)) - log - l1Bits,
        // Up to 1.14 it was added, since then its complement is subtracted.
        addressOffset: Number(
          BigInt.asUintN(64, minor <= 14 ? of('arenaBaseOffset', goarch) : -of('arenaBaseOffset', goarch)),
        ),
      });
    }
  });

  it('how spans are kept, cached and given heap bits', () => {
    const { mcentral, cachedSweepgen, heapBitsInSpan, heapGoal, limitHeadroomPercent } = traits(8, []);
    const pacer = source(src, 'runtime/mgcpacer.go', 'runtime/mgc.go');
    expect(mcentral).toBe(/^\tpartial +\[2\]spanSet/m.test(source(src, 'runtime/mcentral.go')) ? 'spanSets' : 'lists');
    expect(cachedSweepgen).toBe(/sweepgen ?\+ ?3/.test(source(src, 'runtime/mcache.go')));
    expect(heapBitsInSpan).toBe(existsSync(join(src, 'runtime/mbitmap_allocheaders.go')) || minor >= 23);
    expect(heapBitsInSpan).toBe(
      /func heapBitsInSpan\(/.test(source(src, 'runtime/mbitmap_allocheaders.go', 'runtime/mbitmap.go')),
    );
    expect(heapGoal).toBe(/^func \(c \*gcControllerState\) heapGoal\(/m.test(pacer) ? 'computed' : 'stored');
    expect(limitHeadroomPercent).toBe(Number(/^\tmemoryLimitHeapGoalHeadroomPercent += (\d+)/m.exec(pacer)?.[1] ?? 0));
  });

  it('buckets of pauses', () => {
    const file = join(src, 'runtime/histogram.go');
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const bits = Number(/^\ttimeHistSubBucketBits += (\d+)/m.exec(text)?.[1] ?? 0);
    expect(traits(8, []).pauseSubBits).toBe(text.includes('timeHistMinBucketBits') ? 0 : bits);
    if (bits > 0 && !text.includes('timeHistMinBucketBits'))
      expect(text).toMatch(/subBucket = uint\(\(duration >> \(superBucket - 1\)\) % timeHistNumSubBuckets\)/);
  });

  it('tables of a function: inlined calls and arguments', () => {
    const { inlineTables, argumentTables, traceback } = traits(8, []);
    const text = source(src, 'internal/abi/symtab.go') + source(src, 'runtime/symtab.go');
    const number = (name: string) => {
      const found = new RegExp(`^\\t_?${name} += (\\d+)$`, 'm').exec(text)?.[1];
      return found === undefined ? undefined : Number(found);
    };
    expect(inlineTables).toEqual({ pcdata: number('PCDATA_InlTreeIndex'), funcdata: number('FUNCDATA_InlTree') });
    const [info, live] = [number('FUNCDATA_ArgInfo'), number('FUNCDATA_ArgLiveInfo')];
    const liveIndex = number('PCDATA_ArgLiveIndex');
    if (info === undefined) expect([argumentTables, traceback.arguments]).toEqual(['words', 'words']);
    else {
      expect(argumentTables).toEqual(live === undefined ? undefined : { info, live, liveIndex });
      expect(traceback.arguments).toMatchObject(live === undefined ? { info, live: null } : { info, live, liveIndex });
    }
  });

  it('the smallest instruction of each port', () => {
    const text = source(src, 'cmd/internal/sys/arch.go');
    const said = [...text.matchAll(/^\tName: +"(\w+)",\n(?:\t.*\n)*?\tMinLC: +(\d),$/gm)];
    const ours = said.map(([, goarch = '']) => [goarch, minLC(goarch)]);
    expect(ours.filter(([, bytes]) => bytes !== undefined).length).toBeGreaterThan(9);
    for (const [i, [goarch, bytes]] of ours.entries())
      if (bytes !== undefined) expect(bytes, `${goarch}`).toBe(Number(said[i]![2]));
  });

  it('what a dump shows', () => {
    const { exactBelow, traceback } = traits(8, []);
    const text = source(src, 'runtime/traceback.go');
    // Up to 1.20 waspanic, since then the flag unwindTrap, which every injected call sets.
    const trap = /^\tinjectedCall := .*\n\tif injectedCall \{\n\t\tu\.flags \|= unwindTrap/m.test(text);
    expect(text).toMatch(
      /frame\.pc > f\.entry(\(\))? && !waspanic|u\.flags&unwindTrap == 0 && u\.frame\.pc > u\.frame\.fn\.entry\(\)/,
    );
    expect(exactBelow.includes('asyncPreempt')).toBe(trap);
    expect(traceback.elision).toBe(
      /\.\.\.additional frames elided/.test(text) &&
        !/ frames elided\.\.\.\\n"/.test(text.replace(/additional frames elided/g, ''))
        ? 'rest'
        : 'middle',
    );
    expect(traceback.exported).toBe(/Exported functions and exported methods/.test(text) ? 'methods' : 'names');
    const inlined = /showframe\(f, gp, nprint == 0, inltree/.test(text) ? 'by frame' : 'each';
    expect(traceback.inlined).toBe(
      /name := funcnameFromNameoff\(f, inltree\[ix\]\.func_\)\n\t\t\t\t\t\tprint/.test(text) ? 'with frame' : inlined,
    );
    expect(traceback.wrappers).toBe(
      !/elideWrapper/.test(text) ? 'shown' : /nprint != 0\)/.test(text) ? 'unless first' : 'hidden',
    );
  });

  it('what a dump says of bubbles and labels', () => {
    const { durable, labels } = traits(8, []).traceback;
    const header = /^func goroutineheader\([\s\S]*?^\}/m.exec(source(src, 'runtime/traceback.go'))![0];
    const adds = header.includes('" (durable)"');
    const text = source(src, 'runtime/runtime2.go');
    const texts = new Map([...text.matchAll(/^\t(waitReason\w+): +"(.*)",/gm)].map(([, name, words]) => [name, words]));
    const idle = /^var isIdleInSynctest = .*\n([^}]*)\}/m.exec(text)?.[1] ?? '';
    const reasons = [...idle.matchAll(/^\t(\w+): +true,/gm)].map(([, name]) => texts.get(name));
    expect(durable.reasons).toEqual(adds ? reasons : []);
    if (adds)
      expect(durable.while).toBe(
        /gpstatus == _Gwaiting &&\n\t\tgp\.waitreason\.isIdle/.test(header) ? 'waiting' : 'ever',
      );
    const fallback = /name: "tracebacklabels", .* def: (\d)/.exec(source(src, 'runtime/runtime1.go'))?.[1];
    expect(labels?.fallback).toBe(fallback);
    if (labels)
      expect(labels).toMatchObject(
        header.includes('" labels:{"') ? { place: 'inside', quoted: 'all' } : { place: 'behind', quoted: 'needed' },
      );
  });

  it.runIf(minor >= 25)('inline marks', () => {
    const text = source(src, 'runtime/mgcmark_greenteagc.go');
    const fields = /type spanInlineMarkBits struct \{\n([^}]*)\}/.exec(text)?.[1] ?? '';
    const names = [...fields.matchAll(/^\t(\w+) +(\[63\]uint8|\w+)/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(names).toEqual(['scans [63]uint8', 'owned spanScanOwnership', 'marks [63]uint8', 'class spanClass']);
    expect(text).toContain('return heapBitsInSpan(size) && size >= 16');
    const on = minor >= 26 ? [] : ['greenteagc'];
    expect(traits(8, on).inlineMarks).toEqual({
      minElemsize: 16,
      maxElemsize: 512,
      reservedBytes: 128,
      marksOffset: 64,
      marksBytes: 63,
    });
    expect(traits(4, on).inlineMarks?.maxElemsize).toBe(128);
    expect(traits(8, ['nogreenteagc']).inlineMarks).toBeUndefined();
  });
});
