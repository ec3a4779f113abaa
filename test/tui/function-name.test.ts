// Names of functions in the room that a column has.
import { expect, it } from 'vitest';
import { fittingName } from '../../tui/function-name.js';

it.each([
  ['main.worker', 5, 'main.worker'],
  ['internal/sync.runtime_SemacquireMutex', 40, 'internal/sync.runtime_SemacquireMutex'],
  ['internal/sync.runtime_SemacquireMutex', 30, 'sync.runtime_SemacquireMutex'],
  ['example.org/a/b.(*T[example.org/c.K]).Run', 10, 'b.(*T[example.org/c.K]).Run'],
  ['example.org/a/b.Map[...]', 10, 'b.Map[...]'],
])('%s in %i columns', (name, room, shown) => {
  expect(fittingName(name, room)).toBe(shown);
});
