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
])('%s', (name, printed) => expect(printedName(name, 'two')).toBe(printed));

it('keeps a name whose brackets do not match readable', () => {
  expect(printedName('main.x]y[z', 'two')).toBe('main.x]y[z');
  expect(printedName('main.f[a]]b[[c].g', 'two')).toBe('main.f[...].g');
  expect(printedName('main.f[', 'two')).toBe('main.f[');
});

it('goes from the first bracket to the last up to 1.26', () => {
  const closure = 'main.(*list[go.shape.int]).Map.(*list[go.shape.int]).Map.func1.func2';
  expect(printedName(closure, 'one')).toBe('main.(*list[...]).Map.func1.func2');
  expect(printedName('main.apply[go.shape.[]int].func1', 'one')).toBe('main.apply[...].func1');
});

it('is as it stands up to 1.20', () => {
  expect(printedName('type..eq.[2]string', 'as is')).toBe('type..eq.[2]string');
});
