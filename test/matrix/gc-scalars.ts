// gcController and memstats against an independent reading: every scalar by its path.
import type { GcStruct } from '../../src/analysis/results.js';

type Scalars = Map<string, string>;

/** Every scalar by path: `stats[0].committed`. Floats as JavaScript prints them. */
function flatten(value: unknown, path: string, into: Scalars): void {
  if (Array.isArray(value)) for (const [i, inner] of value.entries()) flatten(inner, `${path}[${i}]`, into);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) flatten(inner, path === '' ? name : `${path}.${name}`, into);
  else into.set(path, String(value));
}

const same = (ours: string, truth: string) =>
  ours === truth ||
  (ours === 'true' && truth === '1') ||
  (ours === 'false' && truth === '0') ||
  (truth !== '' && ours !== '' && !/^\d+$/.test(ours) && Number(ours) === Number(truth)) ||
  (/^0x/.test(ours) && BigInt(ours) === BigInt(truth));

/** The first scalars that differ or that only one has; truth goes into atomics, we stop at their value. */
export function scalarDifferences({ fields }: GcStruct, truth: Readonly<Record<string, string>>): unknown[] {
  const ours: Scalars = new Map();
  flatten(fields, '', ours);
  const met = new Set<string>();
  const found: unknown[] = [];
  for (const [path, expected] of Object.entries(truth)) {
    if (path === '&') continue;
    let name = path;
    while (!ours.has(name) && name.includes('.')) name = name.slice(0, name.lastIndexOf('.'));
    const value = ours.get(name);
    if (value !== undefined) met.add(name);
    // An atomic whose value is a float: truth reads its bits.
    const float = /\.u\.value$/.test(path) && value !== undefined && doubleBits(value) === expected;
    if (value === undefined || !(float || same(value, expected))) found.push({ path, ours: value, truth: expected });
  }
  for (const name of ours.keys())
    if (!met.has(name)) found.push({ path: name, ours: ours.get(name), truth: 'nothing' });
  return found.slice(0, 5);
}

function doubleBits(text: string): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(Number(text));
  return bytes.readBigUInt64LE().toString();
}
