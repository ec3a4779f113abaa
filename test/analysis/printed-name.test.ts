// Names against what Go printed of them: runtime.Stack of programs of 1.21 to 1.27.4.
import { expect, it } from 'vitest';
import { printedName } from '../../src/analysis/printed-name.js';

it.each([
  ['main.main', 'main.main'],
  ['main.apply[go.shape.int,go.shape.struct { main.a int }].func1', 'main.apply[...].func1'],
  ['main.(*list[go.shape.[]int]).each', 'main.(*list[...]).each'],
  ['main.apply[...].gowrap1', 'main.apply[...].gowrap1'],
  // Methods with type arguments of their own (1.27).
  ['main.(*list[go.shape.int]).Map[go.shape.string].func1', 'main.(*list[...]).Map[...].func1'],
  ['main.list[go.shape.struct { A []int }].Both[go.shape.string,go.shape.[2]int]', 'main.list[...].Both[...]'],
  ['main.(*list[go.shape.map[string][]int]).Map[go.shape.[3]int]', 'main.(*list[...]).Map[...]'],
  ['main.plain.Do[go.shape.[]string].func1', 'main.plain.Do[...].func1'],
])('%s', (name, printed) => expect(printedName(name)).toBe(printed));

it('keeps a name whose brackets do not match readable', () => {
  expect(printedName('main.x]y[z')).toBe('main.x]y[z');
  expect(printedName('main.f[a]]b[[c].g')).toBe('main.f[...].g');
  expect(printedName('main.f[')).toBe('main.f[');
});
