// `layout verify`: the table of a target's release against the DWARF of its binary, against its image, or both.
import { InspectError } from '../../bytes/errors.js';
import type { Dwarf } from '../../dwarf-parser/index.js';
import { layoutFromTable } from '../../layout/load.js';
import { releaseKey } from '../../layout/release.js';
import type { ImageVerification, LayoutVerifyResult } from '../../layout/results.js';
import { layoutSchemaVersion, listLayouts } from '../../layout/show.js';
import type { Layout } from '../../layout/types.js';
import { verifyLayout } from '../../layout/verify.js';
import type { Target } from '../../target/target.js';
import { type ProcessOptions, rootsUnder } from '../choose-layout.js';
import { dwarfBinaryOf } from '../layout-candidates.js';
import { openProcess } from '../process.js';
import type { FoundRoots, RootName } from '../roots/find.js';
import { verifyOnImage } from './verify-image.js';

/**
 * Verifies the table (or `options.layout`, a file) that serves the target's release. Throws InspectError `unknown-go-version`, `no-layout` where no table
 * covers it, `no-dwarf` for a binary alone that has none, `root-not-found` where the image's mheap_ can't be found.
 */
export function verifyTarget(target: Target, options: ProcessOptions): LayoutVerifyResult {
  const path = target.binary?.info.path ?? target.image?.path ?? 'the binary';
  const binary = dwarfBinaryOf(target);
  const dwarf = target.image ? ifReadable(() => target.dwarf()) : target.dwarf();
  if (!dwarf && !target.image)
    throw new InspectError(
      'no-dwarf',
      path,
      'has no DWARF to verify the table against',
      'give an image beside it, build it without -w, or verify a build of the same Go release',
    );
  if (!binary) throw new InspectError('unknown-go-version', path, 'its Go version is not known', '--go tells it');
  const { layout: file, without } = options;
  const source = { ...(file === undefined ? {} : { file }), ...(without === undefined ? {} : { without }) };
  if (!target.image) return verifyLayout(dwarf as Dwarf, binary, source);
  const byDwarf = dwarf && ifReadable(() => verifyLayout(dwarf, binary, source));
  const table = layoutFromTable({ ...binary, ...source });
  if (table === undefined) {
    const key = `${releaseKey(binary.goVersion, binary.experiments)}/${binary.goarch}`;
    throw new InspectError('no-layout', key, 'no layout table covers it', 'layout generate makes one from a binary');
  }
  const live = target.live?.moving ? target.live.memory : undefined;
  const roots = addressesFor(target, table, options);
  const image = verifyOnImage({ memory: target.memory, layout: table, live, roots });
  return {
    schemaVersion: layoutSchemaVersion,
    goVersion: binary.goVersion,
    arch: binary.goarch,
    experiments: [...binary.experiments],
    table: table.name,
    exact: table.exact,
    ...(table.note === undefined ? {} : { note: table.note }),
    checked: (byDwarf?.checked ?? 0) + Object.keys(image.fields).length,
    structsChecked: byDwarf?.structsChecked ?? structsOf(image).size,
    mismatches: [...(byDwarf?.mismatches ?? []), ...mismatchesOf(table, image)],
    unknown: byDwarf?.unknown ?? unknownOf(table, image),
    image: { ...image, sameAs: image.suspects.length > 0 ? [] : sameAs(table, image, options) },
  };
}

/** Debug info that is damaged, or not of the runtime, must not end what the image tells. */
function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InspectError) return undefined;
    throw error;
  }
}

/**
 * Where the runtime's variables stand: a table that is wrong does not find them, but whatever layout validates does, and names say where they stand whether
 * or not what stands there looks right.
 */
function addressesFor(target: Target, table: Layout, options: ProcessOptions): ReadonlyMap<RootName, number> {
  const own = rootsUnder(target, table, options);
  const found: FoundRoots['roots'][] = [own.roots];
  if (own.roots.get('runtime.mheap_')?.state !== 'confirmed') {
    const { layout: _, ...rest } = options;
    try {
      const process = openProcess(target, rest);
      if (process?.check.ok) found.unshift(process.roots);
    } catch (error) {
      // That nothing else covers the release is no reason to say nothing of this table.
      if (!(error instanceof InspectError)) throw error;
    }
  }
  const addresses = new Map<RootName, number>();
  for (const state of ['confirmed', 'unconfirmed'])
    for (const roots of found)
      for (const [name, root] of roots)
        if (root.state === state && root.address !== undefined && !addresses.has(name))
          addresses.set(name, root.address);
  for (const { name, method, address } of own.refusals)
    if (method !== 'structure' && method !== 'code' && !addresses.has(name)) addresses.set(name, address);
  return addresses;
}

const parts = (field: string) => field.split('.') as [string, string];
const structsOf = (image: ImageVerification) => new Set(Object.keys(image.fields).map((field) => parts(field)[0]));

function mismatchesOf(table: Layout, image: ImageVerification): LayoutVerifyResult['mismatches'] {
  return image.suspects.map((name) => {
    const [struct, field] = parts(name);
    const place = table.struct(struct)?.fields.get(field);
    const failing = image.invariants.filter((each) => each.verdict === 'fails' && each.fields.includes(name));
    return {
      struct,
      field,
      table: place ? { offset: place.offset, size: place.size, type: place.type } : null,
      dwarf: null,
      image: { fails: failing.map((each) => each.name), fits: image.fields[name]?.alsoFits ?? [] },
    };
  });
}

function unknownOf(table: Layout, image: ImageVerification): LayoutVerifyResult['unknown'] {
  const reached = structsOf(image);
  return table.structNames().map((struct) => {
    if (!reached.has(struct)) return { struct, why: 'no invariant reaches it' };
    const open = [...(table.struct(struct)?.fields.keys() ?? [])].filter(
      (field) => !image.fields[`${struct}.${field}`],
    );
    return { struct, why: open.length === 0 ? 'all of its fields are reached' : `not reached: ${open.join(' ')}` };
  });
}

/** One release of each line, its last, where its table says of all that was decided what this one says, or what would fit as well. */
function sameAs(table: Layout, image: ImageVerification, { without }: ProcessOptions): string[] {
  const source = without === undefined ? {} : { without };
  const lines = new Map<string, string>();
  for (const { arch, releases } of listLayouts(source).layouts)
    if (arch === table.goarch)
      for (const release of releases) if (!release.includes('+')) lines.set(lineName(release), release);
  return [...lines.values()].filter((release) => {
    if (lineName(release) === lineName(table.goVersion)) return false;
    const other = layoutFromTable({ goVersion: release, goarch: table.goarch, experiments: [], ...source });
    return (
      other !== undefined &&
      Object.entries(image.fields).every(([name, { offset, alsoFits }]) => {
        const [struct, field] = parts(name);
        const place = other.struct(struct)?.fields.get(field);
        return place !== undefined && (place.offset === offset || alsoFits.includes(place.offset));
      })
    );
  });
}

const lineName = (release: string) => /^go\d+\.\d+/.exec(release)?.[0] ?? release;
