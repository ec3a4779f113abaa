// What work may cost where a hostile input must not cost more: CPU time and memory, held against bounds in such a way that the input decides, and neither the machine nor the moment.
//
// CPU time is counted in laps. A lap is a fixed piece of work of the kind that reading an image is: words, maps, small objects, strings, pieces of a file. Where the core is slow, shared, or robbed of cycles by a
// neighbour, laps take as much longer as what is measured. Bounds are given in seconds of a machine on which a lap takes a hundredth of one, as on an idle core of 2024.
// Memory is the peak of the resident set above what was resident before (proc(5): clear_refs, VmHWM); where the system keeps no peak of its own for that, only what raises the peak of the whole process is seen.
//
// What is over a bound is measured again, each time with garbage collected before and laps around it, and the least counts: a costly input costs the same each time, noise does not.
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Cost {
  /** CPU time of all the process's threads, in seconds of a machine on which a lap takes `lapSeconds`. */
  readonly seconds: number;
  /** Resident memory on top of what there was, in MiB. */
  readonly mib: number;
}

/** The most that one hostile input may cost. */
export const hostile: Cost = { seconds: 1, mib: 200 };

const lapSeconds = 0.01;
/** How often what was over a bound is measured again. */
const timesAgain = 3;
/** Laps of which the fastest counts at first; those of a process that has just begun are compiled while they run. And before and after what is measured again, whose mean counts. */
const lapsForAll = 12;
const lapsAround = 4;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Buffers that the first collection finds dead are given back at the latest when the second begins. */
function collectGarbage(): void {
  gc();
  gc();
}

/** CPU seconds that the process has used since it used `since`. */
function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

/** Runs one lap; CPU seconds that it took. */
function lap(): number {
  const before = process.cpuUsage();
  const words = new DataView(new ArrayBuffer(2 ** 18));
  let state = 1;
  for (let at = 0; at < words.byteLength; at += 4) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    words.setUint32(at, state, true);
  }
  let sum = 0;
  for (let round = 0; round < 16; round += 1)
    for (let at = 0; at < words.byteLength; at += 4) sum = (sum + words.getUint32(at, true)) >>> 0;
  const seen = new Map<number, { at: number; count: number }>();
  for (let at = 0; at < 160_000; at += 4) {
    const word = words.getUint32(at, true) >>> 8;
    const known = seen.get(word);
    if (known) known.count += 1;
    else seen.set(word, { at, count: 1 });
  }
  const lines = [...seen]
    .filter(([, { at }]) => at % 32 === 0)
    .map(([word, { count }]) => `${word.toString(16)} ${count}`);
  const file = openSync(process.execPath, 'r');
  const piece = new Uint8Array(2 ** 14);
  for (let i = 0; i < 128; i += 1) sum += readSync(file, piece, 0, piece.length, i * piece.length);
  closeSync(file);
  // What nobody looks at need not be computed.
  if (JSON.stringify(lines).length + sum === 0) throw new Error('no lap');
  return cpuSeconds(before);
}

const laps = (count: number): number[] => Array.from({ length: count }, lap);

let fastest: number | undefined;

/** Peak of the resident set in MiB: since `forgetPeak`, where that is possible, else of the process. (What getrusage says is at least what the process had that started this one.) */
function peakMiB(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Another system, or a sandbox.
  }
}

/** What the process's objects and buffers hold after garbage was collected. */
export function liveMiB(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** Measures until the cost is known to be within its bounds, or often enough. */
class Trial {
  readonly #bounds: Cost;
  #times = 0;
  #least: Cost = { seconds: Number.POSITIVE_INFINITY, mib: Number.POSITIVE_INFINITY };
  #laps: readonly number[] = [];
  #mib = 0;
  #cpu: NodeJS.CpuUsage = { user: 0, system: 0 };

  constructor(bounds: Cost) {
    this.#bounds = bounds;
  }

  begin(): void {
    fastest ??= Math.min(...laps(lapsForAll));
    this.#laps = this.#times === 0 ? [fastest] : laps(lapsAround);
    if (this.#times > 0) collectGarbage();
    forgetPeak();
    this.#mib = peakMiB();
    this.#cpu = process.cpuUsage();
  }

  /** The least that was measured since the first `begin`, if that is within the bounds; undefined if it is to be measured again. `own`: CPU seconds, where the work measures itself. */
  end(own?: number): Cost | undefined {
    const cpu = own ?? cpuSeconds(this.#cpu);
    const mib = peakMiB() - this.#mib;
    const around = this.#times === 0 ? this.#laps : [...this.#laps, ...laps(lapsAround)];
    const mean = around.reduce((sum, one) => sum + one, 0) / around.length;
    const least = {
      seconds: Math.min(this.#least.seconds, (cpu / mean) * lapSeconds),
      mib: Math.min(this.#least.mib, mib),
    };
    this.#least = least;
    const { seconds, mib: mostMiB } = this.#bounds;
    if (least.seconds <= seconds && least.mib <= mostMiB) return least;
    if (this.#times < timesAgain) {
      this.#times += 1;
      return undefined;
    }
    throw new Error(
      `costs ${least.seconds.toFixed(2)} s and ${least.mib.toFixed(0)} MiB, where ${seconds} s and ${mostMiB} MiB are the most (at last ${cpu.toFixed(2)} s of CPU time, of which a lap took ${mean.toFixed(3)} s)`,
    );
  }
}

/**
 * What `work` gives, and its cost, if that is within `bounds`; else throws an Error. `work` may run up to four times and must do and give the same each time: what its running
 * changes (counts, files) is the caller's, before and after. `own`: CPU seconds, where only a part of the work is meant and measures itself.
 */
export function measured<T>(bounds: Cost, work: () => T, own?: (result: T) => number): { result: T; cost: Cost } {
  const trial = new Trial(bounds);
  for (;;) {
    trial.begin();
    const result = work();
    const cost = trial.end(own?.(result));
    if (cost) return { result, cost };
  }
}

/** What `work` gives, if its cost is within `bounds`: see `measured`. */
export const bounded = <T>(bounds: Cost, work: () => T): T => measured(bounds, work).result;

/** The same of what is waited for. */
export async function boundedAsync<T>(bounds: Cost, work: () => Promise<T>): Promise<T> {
  const trial = new Trial(bounds);
  for (;;) {
    trial.begin();
    const result = await work();
    if (trial.end()) return result;
  }
}
