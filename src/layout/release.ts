// Go release names: parsing, canonical spelling and order. The only place besides layouts/ that compares Go versions.
// Knows nothing of what differs between releases.
import { InspectError } from '../bytes/errors.js';

/** A Go version taken apart. `devel go1.28-abc` counts as its line's `.0`; a bare `devel +hash` has no numbers and is no release. */
export interface Release {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** Betas and candidates come before the release they lead to. */
  readonly pre: { readonly kind: 'beta' | 'rc'; readonly number: number } | undefined;
  /** Built from a development tree: nothing is known but the line. */
  readonly devel: boolean;
}

/** `go1.26.0+nogreenteagc/amd64`, taken apart. */
export interface LayoutName {
  /** Canonical: `go1.20` is `go1.20.0`. */
  readonly goVersion: string;
  readonly experiments: readonly string[];
  readonly arch: string | undefined;
}

const numbered = /^(?:devel )?go(\d{1,3})\.(\d{1,4})(?:\.(\d{1,4})|(beta|rc)(\d{1,3}))?(?=$|[\s+-])/;

/** Names read before: a table has the same few in every list. */
const known = new Map<string, Release>();
const mostKnown = 1000;

/** Reads `go1.22`, `go1.22.5`, `go1.27rc1`, `devel go1.28-…`, each with any suffix after a space, `+` or `-`. */
export function parseRelease(text: string): Release | undefined {
  const before = known.get(text);
  if (before !== undefined) return before;
  const release = readRelease(text);
  if (release !== undefined && known.size < mostKnown && text.length <= 64) known.set(text, release);
  return release;
}

function readRelease(text: string): Release | undefined {
  const match = numbered.exec(text.trim());
  if (match === null) return undefined;
  const [, major, minor, patch, kind, number] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch ?? 0),
    pre: kind === 'beta' || kind === 'rc' ? { kind, number: Number(number) } : undefined,
    devel: text.trim().startsWith('devel') || /^go\d+\.\d+-(?!X:)/.test(text.trim()),
  };
}

/** `go1.20.0`, `go1.27rc1`: the spelling that table files use. */
export function canonicalRelease(release: Release): string {
  const line = lineOf(release);
  return release.pre === undefined ? `${line}.${release.patch}` : `${line}${release.pre.kind}${release.pre.number}`;
}

/** `go1.24` for every release of that line. */
export function lineOf(release: Release): string {
  return `go${release.major}.${release.minor}`;
}

const preRank = { beta: -2, rc: -1 } as const;

/** Negative if `a` came before `b`, 0 for the same release. */
export function compareReleases(a: Release, b: Release): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.patch - b.patch ||
    (a.pre ? preRank[a.pre.kind] : 0) - (b.pre ? preRank[b.pre.kind] : 0) ||
    (a.pre?.number ?? 0) - (b.pre?.number ?? 0)
  );
}

/** Distance between the lines of two releases, for choosing a neighbour. */
export function lineDistance(a: Release, b: Release): number {
  return Math.abs((a.major - b.major) * 1000 + a.minor - b.minor);
}

/** The release a change that came with `since` is judged by: candidates and development trees already have what their line brings. */
export function hasChange(release: Release, since: Release): boolean {
  return compareReleases({ ...release, pre: undefined }, since) >= 0;
}

/** Like `parseRelease`, for names that come from a person or a table file. Throws InspectError `unknown-go-version`. */
export function requireRelease(text: string): Release {
  const release = parseRelease(text);
  if (release === undefined) {
    throw new InspectError(
      'unknown-go-version',
      text,
      'not the name of a Go release',
      'write it as go1.22.5 or go1.27rc1',
    );
  }
  return release;
}

const experimentName = /^[a-z0-9]{1,64}$/;

/**
 * Reads `go1.22.5/arm64`, `go1.26.0+nogreenteagc,x/amd64` and the same without arch.
 * Throws InspectError `unknown-go-version` for anything else.
 */
export function parseLayoutName(text: string): LayoutName {
  const slash = text.lastIndexOf('/');
  const version = slash < 0 ? text : text.slice(0, slash);
  const arch = slash < 0 ? undefined : text.slice(slash + 1);
  const [base = '', ...rest] = version.split('+');
  const experiments = rest
    .join(',')
    .split(',')
    .filter((name) => name !== '');
  const bad = rest.length > 1 || !experiments.every((name) => experimentName.test(name));
  if (bad || arch === '' || !/^[\w. -]{1,64}$/.test(base)) {
    throw new InspectError(
      'unknown-go-version',
      text,
      'not a release and arch',
      'write it as go1.22.5/arm64 or go1.26.0+nogreenteagc/amd64',
    );
  }
  return { goVersion: canonicalRelease(requireRelease(base)), experiments: experiments.sort(), arch };
}

/** `go1.26.0+nogreenteagc`: a release with the experiments it was built with, as table files write it. */
export function releaseKey(goVersion: string, experiments: readonly string[]): string {
  return experiments.length === 0 ? goVersion : `${goVersion}+${[...experiments].sort().join(',')}`;
}
