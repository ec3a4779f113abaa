// Releases of one line that differ in m alone, on a real image: the m's that the runtime lists are found under the one that made it, and under the other only the first.
import { afterAll, expect, it } from 'vitest';
import { measuredLayouts } from '../../src/layout/load.js';
import { withMostMs } from '../../src/runtime/guess/threads-told.js';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { TempFolder } from '../support/run-cli.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const image = 'go1.23-arm64';
const server = folder.unpacked('server', 'images', image, 'server.gz');
const core = folder.unpacked('core', 'images', image, 'core.sparse.gz');
const process = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
const { memory, dataRanges: ranges } = process.target;
const mheap = process.roots.get('runtime.mheap_')!.address!;
const line = measuredLayouts({ goarch: 'arm64' })
  .filter(({ goVersion }) => goVersion.startsWith('go1.23.'))
  .map((layout) => ({ layout, mheap }));

it('keeps the release that made the image, and leaves out those that have alllink elsewhere', () => {
  expect(process.target.go?.version).toBe('go1.23.12');
  const kept = withMostMs({ memory, ranges }, line).map(({ layout }) => layout.goVersion);
  expect(kept).toEqual(['go1.23.12']);
});

it('keeps all where they have alllink at one place', () => {
  const older = line.filter(({ layout }) => layout.goVersion !== 'go1.23.12');
  expect(older.length).toBeGreaterThan(1);
  expect(withMostMs({ memory, ranges }, older)).toEqual(older);
});

it('keeps all where no m is found under any', () => {
  expect(withMostMs({ memory, ranges: [] }, line)).toEqual(line);
});
