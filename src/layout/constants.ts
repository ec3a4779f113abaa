// layouts/constants.json: what numbers mean in each release (goroutine statuses, wait reasons, kinds of specials, funcIDs), by release.
// The data stands in the file; this module only picks the column for a release.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InspectError } from '../bytes/errors.js';
import { hasChange, type Release, requireRelease } from './release.js';
import { entries, fail, object } from './schema.js';

/** A value and the release since which it holds. */
export type Since<T> = readonly (readonly [since: string, value: T])[];

/** Names by number, as one release has them. */
interface ReleaseConstants {
  /** g.atomicstatus without the scan bit → the runtime's word. */
  readonly statuses: ReadonlyMap<number, string>;
  /** g.waitreason → the text of the runtime's table. Empty before 1.11, where it is a string. */
  readonly waitReasons: ReadonlyMap<number, string>;
  readonly specialKinds: ReadonlyMap<number, string>;
  readonly funcIds: ReadonlyMap<number, string>;
}

export interface RuntimeConstants {
  /** Experiments that leave every layout as it is. */
  readonly layoutNeutralExperiments: readonly string[];
  /** The runtime's words for goroutine statuses, of all releases. */
  statusNames(): readonly string[];
  at(goVersion: string): ReleaseConstants;
}

/** The newest entry that `release` already has; undefined before the first. */
export function sinceAt<T>(list: Since<T>, release: Release): T | undefined {
  let found: T | undefined;
  for (const [since, value] of list) if (hasChange(release, requireRelease(since))) found = value;
  return found;
}

const kept = new Map<string, RuntimeConstants>();

/** Reads layouts/constants.json once; a table in it is checked when it is asked for. Both throw InspectError `malformed`. */
export function loadConstants(folder: string): RuntimeConstants {
  const known = kept.get(folder);
  if (known !== undefined) return known;
  const file = join(folder, 'constants.json');
  const value = readJson(file);
  const neutral = value.layoutNeutralExperiments;
  if (!Array.isArray(neutral) || !neutral.every((name) => typeof name === 'string'))
    fail(file, 'layoutNeutralExperiments', 'is no list of names');
  const constants: RuntimeConstants = {
    layoutNeutralExperiments: neutral,
    statusNames: () => entries(value.statuses, file, 'statuses', 1000).map(([name]) => name),
    at(goVersion) {
      const release = requireRelease(goVersion);
      const column = (table: 'statuses' | 'waitReasons' | 'specialKinds' | 'funcIds') => {
        const byNumber = new Map<number, string>();
        for (const [name, list] of entries(value[table], file, table, 1000)) {
          const number = sinceAt(checkSince(list, file, `${table}.${name}`), release);
          if (number !== undefined && number !== null) byNumber.set(number, name);
        }
        return byNumber;
      };
      return {
        statuses: column('statuses'),
        waitReasons: column('waitReasons'),
        specialKinds: column('specialKinds'),
        funcIds: column('funcIds'),
      };
    },
  };
  kept.set(folder, constants);
  return constants;
}

/** A JSON object from a file of layouts/. */
export function readJson(file: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InspectError('not-found', file, error instanceof Error ? error.message : 'cannot be read');
  }
  if (text.length > 1 << 20) throw new InspectError('too-large', file, 'has more than 1 MiB');
  try {
    return object(JSON.parse(text), file, '');
  } catch (error) {
    if (error instanceof InspectError) throw error;
    throw new InspectError('malformed', file, 'not JSON');
  }
}

/** Returns `value` as a list of [release, number]; null: no longer there. Throws InspectError `malformed`. */
function checkSince(value: unknown, file: string, path: string): Since<number | null> {
  if (!Array.isArray(value) || value.length > 100) fail(file, path, 'is no list of [release, number]');
  for (const item of value as unknown[]) {
    const good =
      Array.isArray(item) &&
      item.length === 2 &&
      typeof item[0] === 'string' &&
      (item[1] === null || Number.isInteger(item[1]));
    if (!good) fail(file, path, 'is no list of [release, number]');
  }
  return value as Since<number | null>;
}
