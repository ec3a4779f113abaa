// A string variable names a release that the program was not made by, and nothing else tells one: real images in which the program's own version was overwritten.
import { afterAll, describe, expect, it } from 'vitest';
import { openProcess } from '../../src/runtime/process.js';
import { openTarget } from '../../src/target/open.js';
import { TempFolder } from '../support/run-cli.js';
import { smallImage } from '../support/small-images.js';
import { untoldBytes } from '../support/untold.js';

const folder = new TempFolder();
afterAll(() => folder.remove());

const lineOf = (version: string | undefined) => version?.split('.').slice(0, 2).join('.');

/** The files with build info wiped and another version of the same length where their own stood. */
function naming(name: string, other: string) {
  const { server, core } = smallImage(folder, name);
  const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const { version } = twin.target.go!;
  const files = [server, core].map((path, i) =>
    folder.file(`${name}.${other}.${i}`, untoldBytes(path, version, other)),
  );
  const target = openTarget({ files, options: { force: true } });
  return { twin, files, target, process: openProcess(target, {})! };
}

describe.each([
  ['go1.16-amd64', 'go1.21.13'],
  ['go1.18-386', 'go1.22.12'],
  ['go1.23-arm64', 'go1.24.13'],
  ['go1.25-amd64-nodwarf', 'go1.22.12'],
])('%s, whose string says %s', (name, other) => {
  const { twin, files, target, process } = naming(name, other);

  it('is read by the release that explains it, which is called a guess', () => {
    expect(target.go).toMatchObject({ version: other, byText: true });
    const { go, warnings } = process.target;
    expect(lineOf(go?.version)).toBe(lineOf(twin.target.go!.version));
    expect(go?.source).toMatch(/^guess: /);
    expect(
      warnings.filter((line) => line.startsWith(`a string variable names ${other}, which the image`)),
    ).toHaveLength(1);
    expect(process.spans()!.base).toEqual(twin.spans()!.base);
    expect(process.spans()!.freeindex).toEqual(twin.spans()!.freeindex);
  });

  it('is read by what a user says', () => {
    const { version } = twin.target.go!;
    const told = openProcess(openTarget({ files, options: { force: true, go: version } }), {})!;
    expect(told.target.go?.version).toBe(version);
    expect(told.target.go?.guessed).toBeUndefined();
  });
});

it.each(['go1.16-amd64', 'go1.21-amd64-pie', 'go1.23-arm64', 'go1.27-amd64-mark'])('%s is known by its own', (name) => {
  const { server, core } = smallImage(folder, name);
  const twin = openProcess(openTarget({ files: [server, core], options: {} }), {})!;
  const { version } = twin.target.go!;
  const { target, process } = naming(name, version);
  expect(target.go).toMatchObject({ version, byText: true });
  expect(process.target.go).toBe(target.go);
});
