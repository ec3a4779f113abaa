// The debug sections under test/dwarf-parser/data and what another reader says of them. Made by fixtures/dwarf/make.mjs.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const folder = new URL('../dwarf-parser/data/', import.meta.url);

/** As sectionsOf() of dwarf-writer.ts takes them; the caller's own copy. */
export function fixtureSections(name: string): { littleEndian: boolean; bytes: Record<string, Uint8Array> } {
  const packed = JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, folder))).toString()) as {
    littleEndian: boolean;
    sections: Record<string, string>;
  };
  const bytes: Record<string, Uint8Array> = {};
  for (const [key, text] of Object.entries(packed.sections)) {
    bytes[key] = new Uint8Array(Buffer.from(text, 'base64'));
  }
  return { littleEndian: packed.littleEndian, bytes };
}

export function fixtureExpected<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.expected.json`, folder), 'utf8')) as T;
}
