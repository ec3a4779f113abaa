// Live processes of several Go lines that allocate at full speed, with the collector running all the time: a hundred snapshots, and a hundred kills -9 while one is held.
import { type ChildProcess, spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { threadStates } from '../../src/image/proc-status.js';
import { findRow, openProcess, openTarget, spanDetail, spanRow, sumSpans } from '../../src/index.js';
import { manifest } from './prepared.js';

const possible = process.platform === 'linux' && process.arch === 'x64' && (manifest.live ?? []).length > 0;
const programs = manifest.live ?? [];
const rounds = manifest.quick ? 25 : 100;

interface Held {
  readonly addr: string;
  readonly size: number;
  readonly noscan: boolean;
}

interface Churn {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly held: readonly Held[];
  /** HeapAlloc now, by runtime.ReadMemStats. */
  heapAlloc(): Promise<number>;
}

async function start(program: string): Promise<Churn> {
  const child = spawn(program, ['3', '20', '0'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const printed = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await printed.next()).value as string);
  const { objects } = (await next()) as { objects: Held[] };
  return {
    child,
    pid: child.pid!,
    held: objects,
    async heapAlloc() {
      child.stdin.write('\n');
      return ((await next()) as { HeapAlloc: number }).HeapAlloc;
    },
  };
}

/** Everything wrong in one snapshot that is not marked. */
function faults({ pid, held }: Churn): { wrong: string[]; torn: number; rows: number; heapAlloc: number } {
  const target = openTarget({ files: [`pid:${pid}`], options: {} });
  try {
    const go = openProcess(target, {});
    const table = go?.spans();
    if (!go || !table) throw new Error(`no spans: ${go?.whyNoSpans}`);
    const { heapAllocBytes, totals } = sumSpans(go.layout, table);
    const wrong: string[] = [...go.warnings];
    for (const { addr, size, noscan } of held) {
      const row = findRow(table, Number(addr), go.layout.traits.pageSize);
      const span = row < 0 ? undefined : spanDetail(go, table, row);
      const slot = span && Math.floor((Number(addr) - Number(span.base)) / Number(span.slotSize));
      if (span?.suspect) continue;
      if (
        span?.state !== 'inuse' ||
        span.noscan !== noscan ||
        Number(span.elemsize) < size ||
        !/[aA]/.test(span.slots[slot!]!)
      )
        wrong.push(`held object ${addr} of ${size} bytes: ${JSON.stringify(span)?.slice(0, 300)}`);
    }
    const pages = new Map<number, string>();
    for (let row = 0; row < table.length; row += 1) {
      go.settle(row);
      const span = spanRow({ memory: go.memory, layout: go.layout, table }, row, true);
      if (span.state !== 'inuse' || span.suspect) continue;
      const bits = Buffer.from(span.allocBits ?? '', 'hex');
      let allocated = Math.min(Number(span.freeindex), Number(span.nelems));
      for (let i = allocated; i < Number(span.nelems); i += 1) if ((bits[i >> 3]! >> (i & 7)) & 1) allocated += 1;
      if (allocated !== span.allocCount || span.allocated !== allocated)
        wrong.push(`${span.addr}: ${allocated} allocated, not ${span.allocCount}`);
      if (Number(span.nelems) * Number(span.elemsize) > Number(span.npages) * 8192)
        wrong.push(`${span.addr}: more slots than pages`);
      pages.set(row, span.addr);
    }
    return { wrong, torn: totals.suspect.torn, rows: pages.size, heapAlloc: heapAllocBytes };
  } finally {
    target.close();
  }
}

describe.runIf(possible)('a process at full speed', () => {
  it.each(programs.map((program) => ({ name: basename(program), program })))(
    `$name: no wrong row that is not marked, over ${rounds} snapshots`,
    async ({ program }) => {
      const churn = await start(program);
      try {
        const wrong: string[] = [];
        const said: number[] = [];
        const ours: number[] = [];
        let torn = 0;
        let rows = 0;
        for (let snapshot = 0; snapshot < rounds; snapshot += 1) {
          said.push(await churn.heapAlloc());
          const found = faults(churn);
          said.push(await churn.heapAlloc());
          wrong.push(...found.wrong);
          ours.push(found.heapAlloc);
          torn += found.torn;
          rows += found.rows;
        }
        expect(wrong).toEqual([]);
        expect(rows).toBeGreaterThan(100 * rounds);
        expect(torn).toBeLessThan(rows / 100);
        // The heap goes up and down between these while it is looked at.
        expect(Math.min(...ours)).toBeGreaterThan(Math.min(...said) / 2);
        expect(Math.max(...ours)).toBeLessThan(Math.max(...said) * 2);
      } finally {
        churn.child.kill('SIGKILL');
      }
    },
  );

  it(`runs again after ${rounds} kills -9 at any moment of --stop`, async () => {
    const churn = await start(programs.at(-1)!);
    const stopped = () => threadStates(churn.pid).includes('T');
    const until = async (what: () => boolean) => {
      for (let i = 0; i < 24_000 && !what(); i += 1) await new Promise((resolve) => setTimeout(resolve, 5));
      return what();
    };
    try {
      let held = 0;
      for (let kill = 0; kill < rounds; kill += 1) {
        const reader = spawn(process.execPath, ['dist/cli.js', 'spans', `pid:${churn.pid}`, '--stop', '--bits'], {
          stdio: 'ignore',
        });
        // Half of them as soon as it is seen to stand still, half whenever it comes.
        if (kill % 2 === 0) await until(() => stopped() || reader.exitCode !== null);
        else await new Promise((resolve) => setTimeout(resolve, (kill * 97) % 600));
        if (stopped()) held += 1;
        reader.kill('SIGKILL');
        // A watchdog that was only just started may still stop it, and lets go at once.
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(await until(() => !stopped())).toBe(true);
      }
      // How many that is depends on the machine: a reader is soon done.
      expect(held).toBeGreaterThan(0);
      expect(await churn.heapAlloc()).toBeGreaterThan(0);
    } finally {
      churn.child.kill('SIGKILL');
    }
  });
});

if (!possible)
  it.skip('SKIPPED: live Go processes need linux/amd64 and the programs that fixtures/matrix.mjs prepares', () => {});
