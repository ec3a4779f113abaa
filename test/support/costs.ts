// What work may cost where a hostile input must not cost more: CPU time and memory, held against bounds in such a way that the input decides, and neither the machine nor the moment.
//
// CPU time is counted in laps. A lap is a fixed piece of work of the kind that reading an image is: words, maps, small objects, strings, pieces of a file. Where the core is slow, shared, or robbed of cycles by a
// neighbour, laps take as much longer as what is measured. Bounds are given in seconds of a machine on which a lap takes a hundredth of one, as on an idle core of 2024.
// Memory is the peak of the resident set above what was resident before (proc(5): clear_refs, VmHWM); where the system keeps no peak of its own for that, only what raises the peak of the whole process is seen.
//
// What is over a bound is measured again, each time with garbage collected before and laps around it, of which the slowest counts: a costly input costs the same each time, noise does not.
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
/** So often is measured again what was over a bound. */
const timesAgain = 3;
/** Laps of which the fastest, or the slowest, counts. The first ones of a process are compiled while they run. */
const lapsForAll = 12;
const lapsAround = 4;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

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

/** One measurement, from its making to `over`. */
class Measurement {
  readonly #again: boolean;
  readonly #lap: number;
  readonly #mib: number;
  readonly #cpu: NodeJS.CpuUsage;

  constructor(again: boolean) {
    fastest ??= Math.min(...laps(lapsForAll));
    this.#again = again;
    this.#lap = again ? Math.max(...laps(lapsAround)) : fastest;
    if (again) collectGarbage();
    forgetPeak();
    this.#mib = peakMiB();
    this.#cpu = process.cpuUsage();
  }

  /** What was used since, and if that is over its bound, in words. `own`: CPU seconds, where the work measures itself. */
  end(bounds: Cost, own?: number): { readonly cost: Cost; readonly over?: string } {
    const cpu = own ?? cpuSeconds(this.#cpu);
    const mib = peakMiB() - this.#mib;
    const lapTook = this.#again ? Math.max(this.#lap, ...laps(lapsAround)) : this.#lap;
    const seconds = (cpu / lapTook) * lapSeconds;
    if (seconds <= bounds.seconds && mib <= bounds.mib) return { cost: { seconds, mib } };
    const over = `costs ${seconds.toFixed(2)} s and ${mib.toFixed(0)} MiB, where ${bounds.seconds} s and ${bounds.mib} MiB are the most (${cpu.toFixed(2)} s of CPU time, of which a lap took ${lapTook.toFixed(3)} s)`;
    return { cost: { seconds, mib }, over };
  }
}

/**
 * What `work` gives, and its cost, if that is within `bounds`; else throws an Error. `work` may run up to four times and must do and give the same each time: what its running
 * changes (counts, files) is the caller's, before and after. `own`: CPU seconds, where only a part of the work is meant and measures itself.
 */
export function measured<T>(bounds: Cost, work: () => T, own?: (result: T) => number): { result: T; cost: Cost } {
  for (let times = 0; ; times += 1) {
    const measurement = new Measurement(times > 0);
    const result = work();
    const { cost, over } = measurement.end(bounds, own?.(result));
    if (over === undefined) return { result, cost };
    if (times === timesAgain) throw new Error(over);
  }
}

/** What `work` gives, if its cost is within `bounds`: see `measured`. */
export const bounded = <T>(bounds: Cost, work: () => T): T => measured(bounds, work).result;

/** The same of what is waited for. */
export async function boundedAsync<T>(bounds: Cost, work: () => Promise<T>): Promise<T> {
  for (let times = 0; ; times += 1) {
    const measurement = new Measurement(times > 0);
    const result = await work();
    const { over } = measurement.end(bounds);
    if (over === undefined) return result;
    if (times === timesAgain) throw new Error(over);
  }
}
