// layouts/visible.json: where a program can see from inside what a field of gcController or memstats holds, by the release since which it can.
import { join } from 'node:path';
import { readJson, type Since, sinceAt } from './constants.js';
import { requireRelease } from './release.js';
import { fail, object } from './schema.js';

export type VisibleGroup = 'gcController' | 'memstats' | 'derived';

/** Names by field, as a release has them; fields that nothing shows are not in it. Throws InspectError `malformed` for a damaged file. */
export function visibleAs(
  folder: string,
  goVersion: string,
  group: VisibleGroup,
): ReadonlyMap<string, readonly string[]> {
  const file = join(folder, 'visible.json');
  const release = requireRelease(goVersion);
  const names = new Map<string, readonly string[]>();
  for (const [field, list] of Object.entries(object(readJson(file)[group], file, group))) {
    const found = sinceAt(checked(list, file, `${group}.${field}`), release);
    if (found && found.length > 0) names.set(field, found);
  }
  return names;
}

function checked(value: unknown, file: string, path: string): Since<readonly string[]> {
  const good =
    Array.isArray(value) &&
    (value as unknown[]).every(
      (item) =>
        Array.isArray(item) &&
        item.length === 2 &&
        typeof item[0] === 'string' &&
        Array.isArray(item[1]) &&
        (item[1] as unknown[]).every((name) => typeof name === 'string'),
    );
  if (!good) fail(file, path, 'is no list of [release, names]');
  return value as Since<readonly string[]>;
}
