// The Go version of a program without build info (made before 1.13, or wiped): runtime.buildVersion is a string variable, so somewhere in the writable data stand the
// address and the length of a text that is a version and nothing else.
import type { Memory } from '../image/memory.js';
import { type AddressRange, headersOfLength } from '../image/scan-words.js';
import { type GoVersionText, parseGoVersion } from './go-version.js';

/** `go1.9` is the shortest; versions with experiments and a distributor's suffix are the longest. */
const leastBytes = 5;
const mostBytes = 128;
/** Distinct versions that are told apart before the search ends. */
const mostFound = 16;

/**
 * Versions that string variables in `ranges` hold, each once. A program may name other versions than its own: those with a patch or an experiment come first, since
 * constants of programs mostly name a line (`go1.21`), and among equals the one that stands first.
 */
export function versionTexts(memory: Memory, ranges: readonly AddressRange[]): readonly GoVersionText[] {
  const found = new Map<string, GoVersionText>();
  for (const { pointer, length } of headersOfLength({ memory }, ranges, leastBytes, mostBytes)) {
    const version = versionAt(memory, pointer, length);
    if (version && !found.has(version.release)) found.set(version.release, version);
    if (found.size >= mostFound) break;
  }
  return [...found.values()].sort((a, b) => Number(isExact(b)) - Number(isExact(a)));
}

/** Whether it names a release, and not a line alone. */
export const isExact = ({ release, experiments }: GoVersionText): boolean => experiments.length > 0 || /^devel|\.\d+\.\d|rc|beta/.test(release); // biome-ignore format: short

function versionAt(memory: Memory, address: number, length: number): GoVersionText | undefined {
  // Two bytes tell most strings from it, and cost no copy.
  const start = memory.uint16(address);
  if (start !== swapped('go', memory) && start !== swapped('de', memory)) return undefined;
  const { bytes } = memory.bytes(address, length);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (bytes.length < length || !/^(go1\.\d|devel )[ -~]*$/.test(text)) return undefined;
  const version = parseGoVersion(text);
  // Behind a version may stand what a distributor adds, but no sentence.
  return version && version.suffix.length < 32 ? version : undefined;
}

function swapped(two: string, { littleEndian }: Memory): number {
  const [first, second] = [two.charCodeAt(0), two.charCodeAt(1)];
  return littleEndian ? second * 256 + first : first * 256 + second;
}
