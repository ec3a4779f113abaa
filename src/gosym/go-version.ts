// Go's version strings taken apart: release, experiments, what distributors add. Knows the spelling of every release since 1.9, nothing of files.

export interface GoVersionText {
  /** `go1.26.1`, `go1.27rc1`, or `devel go1.27-abcdef`: no experiments, no suffix. */
  readonly release: string;
  /** Differences from the baseline as the string lists them: `nogreenteagc`, `loopvar`. */
  readonly experiments: readonly string[];
  /** What distributors put behind the release, without blanks around; mostly empty. */
  readonly suffix: string;
}

const LONGEST = 256;
const RELEASE = /^go\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?(?![\w.])/;
/** BoringCrypto builds: go1.18.5b7. */
const BORING = /^(go\d+\.\d+(?:\.\d+)?)(b\d+)(?!\w)/;
/** Up to 1.20: `devel +abcdef Mon Jan …`, `devel go1.20-abcdef Mon Jan …`. */
const DEVEL = /^devel [+\w.-]+/;
/** Since 1.21: `go1.27-devel_abcdef Mon Jan …`. */
const DEVEL_SUFFIXED = /^(go\d+\.\d+)-devel_(\w+)/;
/** ` X:a,b` up to 1.25; `-X:a,b` for plain releases since 1.26. */
const EXPERIMENTS = /(?:^|[ -])X:([\w,]+)/;

/** The parts of a version string; undefined for text that is none. */
export function parseGoVersion(text: string): GoVersionText | undefined {
  const line = text.slice(0, LONGEST).trim();
  const listed = EXPERIMENTS.exec(line);
  const experiments = listed?.[1]?.split(',').filter((name) => name !== '') ?? [];
  const plain = (
    listed === null ? line : line.slice(0, listed.index) + line.slice(listed.index + listed[0].length)
  ).trim();
  const [release, rest] = splitRelease(plain) ?? [];
  if (release === undefined || rest === undefined) return undefined;
  return { release, experiments, suffix: rest.replace(/^[\s-]+/, '').trim() };
}

function splitRelease(plain: string): [release: string, rest: string] | undefined {
  const develSuffixed = DEVEL_SUFFIXED.exec(plain);
  if (develSuffixed !== null)
    return [`devel ${develSuffixed[1]}-${develSuffixed[2]}`, plain.slice(develSuffixed[0].length)];
  const boring = BORING.exec(plain);
  if (boring !== null) return [boring[1]!, plain.slice(boring[1]!.length)];
  const plainRelease = RELEASE.exec(plain) ?? DEVEL.exec(plain);
  return plainRelease === null ? undefined : [plainRelease[0], plain.slice(plainRelease[0].length)];
}
