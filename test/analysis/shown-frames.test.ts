// What a dump shows of a stack by the rules of several releases, beside stacks that programs wrote of themselves (fixtures/programs/dumps).
import { describe, expect, it } from 'vitest';
import { shownFrames } from '../../src/analysis/goroutine-query.js';
import type { FrameResult } from '../../src/analysis/results-goroutines.js';
import { layoutsFolder } from '../../src/layout/load.js';
import { loadTraits } from '../../src/layout/traits.js';

const rulesOf = (goVersion: string) =>
  loadTraits(layoutsFolder()).at({ goVersion, goos: 'linux', goarch: 'amd64', pointerSize: 8, experiments: [] })
    .traceback;

/** `name` a frame, `name!` one that was inlined, `name*` a wrapper. */
const stack = (...names: string[]): FrameResult[] =>
  names.map((name) => ({
    pc: '0x1',
    sp: '0x1',
    func: name.replace(/[!*]$/, ''),
    file: null,
    line: null,
    offset: 0,
    inlined: name.endsWith('!'),
    wrapper: name.endsWith('*'),
    how: 'pcsp',
  }));

const shown = (goVersion: string, ...names: string[]) =>
  shownFrames(stack(...names), rulesOf(goVersion)).map(({ func }) => func);

describe('functions of the runtime', () => {
  const dying = ['main.receive', 'runtime.gopanic', 'runtime.sigpanic', 'runtime.(*Frames).Next', 'main.nilFrames'];

  it('hides methods up to 1.22', () => {
    expect(shown('go1.22.12', ...dying)).toEqual(['main.receive', 'runtime.gopanic', 'main.nilFrames']);
    expect(shown('go1.23.0', ...dying)).toEqual([
      'main.receive',
      'runtime.gopanic',
      'runtime.(*Frames).Next',
      'main.nilFrames',
    ]);
  });

  it('shows what is in an exported function by its name, up to 1.22', () => {
    const exits = ['runtime.GC.func1', 'runtime.Goexit', 'runtime.(*timer).Run', 'runtime.gcStart'];
    expect(shown('go1.22.12', ...exits)).toEqual(['runtime.GC.func1', 'runtime.Goexit']);
    expect(shown('go1.23.0', ...exits)).toEqual(['runtime.Goexit']);
  });

  it('shows a panic where something was shown before it', () => {
    expect(shown('go1.27.4', 'runtime.gopanic', 'main.f')).toEqual(['main.f']);
  });
});

describe('inlined calls', () => {
  const waiting = ['runtime.gopark', 'runtime.goparkunlock!', 'sync.runtime_notifyListWait', 'sync.(*Cond).Wait'];

  it('go by the name of their frame up to 1.15', () => {
    const all = waiting.slice(1).map((name) => name.replace('!', ''));
    expect(shown('go1.11.13', ...waiting)).toEqual(all);
    expect(shown('go1.13.15', ...waiting)).toEqual(all);
    expect(shown('go1.15.15', ...waiting)).toEqual(all);
    expect(shown('go1.16.15', ...waiting)).toEqual(all.slice(1));
  });
});

describe('wrappers', () => {
  const calls = ['main.(*inner).block', 'main.outer.block*', 'main.promoted'];

  it('are left out since 1.10, at the top of a stack since 1.12', () => {
    expect(shown('go1.9.7', ...calls)).toHaveLength(3);
    expect(shown('go1.10.8', ...calls)).toHaveLength(2);
    expect(shown('go1.11.13', ...calls.slice(1))).toHaveLength(2);
    expect(shown('go1.12.17', ...calls.slice(1))).toHaveLength(1);
  });
});
