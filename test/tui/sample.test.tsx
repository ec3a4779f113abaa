// The screens over the real engine and the sample image: what they show must be what the program itself printed (truth.json).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSession, type SessionClient } from '../../src/session/client.js';
import { TempFolder } from '../support/run-cli.js';
import { startTui, type TuiSetup, type TuiUnderTest } from '../support/tui.js';

const folder = join(import.meta.dirname, '../../fixtures/sample');
const request = { files: [join(folder, 'server'), join(folder, 'core.sparse')], options: {} };
const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as {
  version: string;
  HeapInuse: number;
  HeapAlloc: number;
  HeapObjects: number;
  NumGC: number;
};

interface ExpectedSpan {
  readonly addr: string;
  readonly base: string;
  readonly state: string;
  readonly nelems: number;
  readonly freeindex: number;
  readonly allocCount: number;
}

/** mSpanDead, mSpanInUse, mSpanManual (runtime/mheap.go). */
const states = ['free', 'inuse', 'manual'];
const expected = gunzipSync(readFileSync(join(folder, 'spans.expected.ndjson.gz')))
  .toString()
  .trim()
  .split('\n')
  .map((line): ExpectedSpan => {
    const { addr, fields } = JSON.parse(line) as { addr: string; fields: Record<string, string> };
    return {
      addr,
      base: `0x${BigInt(fields.startAddr ?? 0).toString(16)}`,
      state: states[Number(fields['state.s.value'])] ?? '?',
      nelems: Number(fields.nelems),
      freeindex: Number(fields.freeindex),
      allocCount: Number(fields.allocCount),
    };
  });
const group = (n: number) => n.toLocaleString('en-US');

let client: SessionClient;
let running: TuiUnderTest | undefined;
beforeAll(() => {
  client = createSession();
});
afterEach(() => running?.stop());
afterAll(() => client.close());

function start(setup: TuiSetup = {}): TuiUnderTest {
  running = startTui(client, { request, ...setup });
  return running;
}

describe.each([
  [80, 24],
  [100, 40],
  [150, 45],
])('the sample at %i×%i', (columns, rows) => {
  it('says what the program said of itself', async () => {
    const { screen } = start({ columns, rows });
    const text = await screen.waitFor('StackInuse');
    expect(text).toContain(`${truth.version} linux/amd64`);
    expect(text).toContain(`✓ HeapInuse     ${group(truth.HeapInuse)}`);
    expect(text).toContain(`✓ HeapAlloc     ${group(truth.HeapAlloc)}`);
    expect(text).toContain(group(truth.HeapObjects));
    expect(text).toContain(`cycle ${truth.NumGC}`);
    expect(text).not.toContain('✗');
    for (const line of await screen.lines()) expect(line.length).toBeLessThanOrEqual(columns);
  });

  it('shows the spans as another reader found them', async () => {
    const { screen, type } = start({ columns, rows });
    type(':spans\r');
    const text = await screen.waitFor(`1 of ${group(expected.length)}`);
    const shown = text.split('\n').slice(3, rows - 2);
    expect(shown).toHaveLength(rows - 5);
    for (const [i, line] of shown.entries()) {
      const span = expected[i];
      expect(line, line).toContain(` ${span?.base} `);
      expect(line).toContain(` ${span?.state} `.trimEnd());
      expect(line).toMatch(
        new RegExp(
          ` ${group(span?.nelems ?? -1)} .* ${group(span?.allocCount ?? -1)} +${group(span?.freeindex ?? -1)} `,
        ),
      );
    }
  });

  it('opens a span down to its slots and their bytes', async () => {
    const { screen, type } = start({ columns, rows });
    const at = expected.findIndex((span) => span.state === 'inuse' && span.nelems > 100 && span.allocCount > 0);
    const span = expected[at];
    type(`:goto ${span?.base}\r`);
    await screen.waitFor(`${group(at + 1)} of`);
    type('\r');
    const text = await screen.waitFor('slot 0  ');
    expect(text).toContain(`mspan ${span?.addr}`);
    expect(text).toContain(`freeindex ${group(span?.freeindex ?? -1)}`);
    expect(text).toContain('allocBits 0x');
    expect(text).toContain(`slot 0  ${span?.base}`);
    type('x');
    await screen.waitFor(new RegExp(`▶${span?.base} +[0-9a-f]{2} `));
  });
});

describe('the sample', () => {
  it('leads from the overview to a goroutine, its frame, and what a word of it points at', async () => {
    const { screen, type } = start();
    expect(await screen.waitFor('StackInuse')).toContain('14 in allgs: 9 waiting');
    type('jj\r');
    const groups = await screen.waitFor('7 goroutines in 4 groups');
    expect(groups).toContain('/ filter');
    type('\r');
    await screen.waitFor('4 goroutines with the stack of 20');
    type('\r');
    await screen.waitFor('goroutine 20 [chan receive');
    type('\r');
    const memory = await screen.waitFor('frame 0 of goroutine 20: runtime.gopark, 32 B');
    // The slots of the frame, and no others.
    expect(memory.match(/^[▶│]0x/gm)).toHaveLength(4);
    type('jjj\r');
    await screen.waitFor(/^ 0x4143ee {2}runtime\.chanrecv\+0x4ae, runtime\/chan\.go:\d+/m);
  });

  it('says where nothing points', async () => {
    const { screen, type } = start();
    const free = expected.find((span) => span.state === 'free')!;
    type(`:span ${free.addr}\r`);
    await screen.waitFor(`mspan ${free.addr}`);
    type('p');
    const text = await screen.waitFor(/ words? on stacks of /);
    expect(text).toMatch(/^ 0 words /m);
    expect(text).toContain('nothing on a stack and no register points here');
  });

  it('compares its DWARF with the table', async () => {
    const { screen, type } = start();
    await screen.waitFor('StackInuse');
    type(':layouts mspan\r');
    await screen.waitFor(/48 +2 +freeindex +uint16/);
    type('v');
    await screen.waitFor('dwarf ✓ agrees');
  });

  it('compares releases', async () => {
    const { screen, type } = start();
    await screen.waitFor('StackInuse');
    type(':layouts go1.21.0 go1.22.0 mspan\r');
    await screen.waitFor(/→ nelems +56 → +50/);
  });

  it.each([80, 60])('shows in %i columns what saved files of /proc say of memory', async (columns) => {
    const saved = new TempFolder();
    saved.file('status', 'Name:\tserver\nVmRSS:\t    5120 kB\nRssAnon:\t    4096 kB\n');
    saved.file('memory.max', '8388608\n');
    saved.file('memory.current', '6291456\n');
    const { screen } = start({ columns, rows: 40, request: { ...request, options: { proc: saved.path } } });
    const text = (await screen.waitFor('StackInuse')).replaceAll(/ *\n {16}/g, ' ');
    expect(text).toMatch(
      /^ {2}process {7}RSS 5\.00 MiB \(4\.00 MiB anonymous\); heap .* mapped, .* of it released; by /m,
    );
    expect(text).toMatch(/^ {2}cgroup {8}memory limit 8\.00 MiB, in use 6\.00 MiB \(75%\)/m);
    // The path of the binary alone is shortened.
    expect(text.replace(/^ {2}binary .*$/m, '')).not.toContain('…');
    saved.remove();
  });

  it('filters by the words of the runtime', async () => {
    const { screen, type } = start();
    const manual = expected.filter((span) => span.state === 'manual').length;
    type(':spans state=manual\r');
    await screen.waitFor(`1 of ${manual}`);
    type('/blue=3\r');
    await screen.waitFor('there is no column blue');
  });
});
