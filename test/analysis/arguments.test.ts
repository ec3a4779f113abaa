// Arguments of frames in a dump, of the committed images, against what their programs' sources say that they are: fixtures/programs/heapmix calls deep(n-1, wait)
// until n is 0, in one goroutine from 200 and in five from 0 to 4, and reads one byte from a pipe; fixtures/programs/sample sleeps for an hour.
import { afterAll, describe, expect, it } from 'vitest';
import { output, sampleFiles, TempFolder } from '../support/run-cli.js';
import { smallImage } from '../support/small-images.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

/** The lines of calls of each goroutine, innermost first. */
const callsIn = (files: readonly string[]): string[][] =>
  output(['goroutines', ...files, '--format', 'traceback'])
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => line.endsWith(')')));

// Since 1.17 arguments come in registers on arm64 and amd64, and need not be kept.
describe.each([
  { name: 'go1.13-amd64', results: 1 },
  { name: 'go1.16-amd64', results: 1 },
  { name: 'go1.18-386', results: 0 },
  { name: 'go1.22-s390x', results: 0 },
])('$name', ({ name, results }) => {
  const { server, core } = smallImage(folder, name);
  const goroutines = callsIn([server, core]);

  it('counts a recursion', () => {
    const numbers = goroutines
      .map((calls) =>
        calls.flatMap((call) => /^main\.deep\((0x[0-9a-f]+), 0x[0-9a-f]+((?:, 0x[0-9a-f]+)*)\)$/.exec(call) ?? []),
      )
      .map((found) => found.filter((text) => /^0x[0-9a-f]+$/.test(text)).map(Number))
      .filter((found) => found.length > 0);
    expect(numbers.map((found) => found.slice(0, 50))).toEqual(
      expect.arrayContaining([1, 2, 3, 4, 5, 50].map((length) => Array.from({ length }, (_, i) => i))),
    );
    // Up to 1.16 the place of the result is shown too.
    const deepest = goroutines.find((calls) => calls.some((call) => call.startsWith('main.deep(0x14,')))!;
    expect(deepest.find((call) => call.startsWith('main.deep('))!.split(', ')).toHaveLength(2 + results);
  });

  it('shows a slice as its program made it', () => {
    const read = goroutines.flat().find((call) => call.startsWith('internal/poll.(*FD).Read('));
    expect(read).toMatch(/, \{?0x[0-9a-f]+, 0x1, 0x1[,}]/);
  });
});

it('shows how long the sample sleeps', () => {
  expect(callsIn(sampleFiles).flat()).toContain(`time.Sleep(0x${(3600e9).toString(16)})`);
});
