// The rows that the independent reader (fixtures/truth) wrote beside an image.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { TruthRow } from '../matrix/prepared.js';
import { lines } from './run-cli.js';

/** Reads a `spans.expected.ndjson.gz`. */
export function truthRows(file: string): TruthRow[] {
  return lines<TruthRow>(gunzipSync(readFileSync(file)).toString('utf8'));
}
