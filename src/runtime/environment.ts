// The environment that the process was started with, where the image still holds it: runtime.envs, which the runtime itself reads GOGC from
// (runtime/runtime.go, goenvs), else the block that the kernel put on the first thread's stack, below the auxiliary vector, else what was saved of /proc. Without
// symbols runtime.envs is what the functions that read it refer to.
import type { Memory } from '../image/memory.js';
import { codeVotes } from './code-votes.js';
import type { GoProcess } from './process.js';
import { readSlice } from './roots/validate.js';

/** Values by name, only of names that were asked for. */
export type Environment = ReadonlyMap<string, string>;

/** Entries that are looked at, and bytes of one. */
const maxEntries = 1 << 16;
const maxBytes = 4096;
/** Bytes of stack in which the auxiliary vector is looked for: Linux gives arguments and environment at most 6 MiB, pointers are a part of it. */
const maxStack = 4 << 20;
/** AT_ENTRY and AT_RANDOM, linux/auxvec.h. */
const [atEntry, atRandom] = [9, 25];

/** Undefined where the image lacks it. The first entry of a name counts, as it does for the runtime. */
export function readEnvironment(process: GoProcess, names: ReadonlySet<string>): Environment | undefined {
  const address = process.target.symbols(['runtime.envs']).get('runtime.envs');
  return (
    (address === undefined ? undefined : fromEnvs(process, address, names)) ??
    fromStack(process, names) ??
    fromSaved(process, names) ??
    (address === undefined ? fromCode(process, names) : undefined)
  );
}

/** Functions that refer to runtime.envs in every release. */
const envsFunctions: ReadonlySet<string> = new Set([
  'runtime.gogetenv',
  'runtime.goenvs_unix',
  'runtime.goenvs',
  'syscall.runtime_envs',
]);

/** What two of them refer to and is a slice of `NAME=value`. */
function fromCode(process: GoProcess, names: ReadonlySet<string>): Environment | undefined {
  for (const [address, votes] of codeVotes(process, envsFunctions)) {
    const found = votes >= 2 && isAssignment(process, address) ? fromEnvs(process, address, names) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Whether the first string of the slice at `address` assigns something. */
function isAssignment({ memory }: GoProcess, address: number): boolean {
  const slice = readSlice(memory, address);
  if (!slice || slice.length === 0) return false;
  const [text, length] = [memory.word(slice.array), memory.word(slice.array + memory.pointerSize)];
  if (!text || !length) return false;
  const { bytes } = memory.bytes(text, Math.min(length, maxBytes));
  return bytes.indexOf(0x3d) > 0 && isText(bytes);
}

function fromEnvs({ memory }: GoProcess, address: number, names: ReadonlySet<string>): Environment | undefined {
  const slice = readSlice(memory, address);
  // An empty one may be that of a library, which is given none: the stack knows better.
  if (!slice || slice.length === 0 || slice.length > maxEntries) return undefined;
  const found = new Map<string, string>();
  const word = memory.pointerSize;
  for (let i = 0; i < slice.length; i += 1) {
    const text = memory.word(slice.array + 2 * i * word);
    const length = memory.word(slice.array + (2 * i + 1) * word);
    if (text === undefined || length === undefined) return undefined;
    const { bytes, fault } = memory.bytes(text, Math.min(length, maxBytes));
    if (fault || !take(found, names, bytes)) return undefined;
  }
  return found;
}

/** argc, argv, nil, envp, nil, auxv: found from behind, since only the auxiliary vector's values are known. */
function fromStack({ target, memory }: GoProcess, names: ReadonlySet<string>): Environment | undefined {
  const auxv = startOfAuxv(memory, target.auxv);
  if (auxv === undefined) return undefined;
  const word = memory.pointerSize;
  const found = new Map<string, string>();
  const entries: number[] = [];
  if (memory.word(auxv - word) !== 0) return undefined;
  for (let at = auxv - 2 * word; entries.length < maxEntries; at -= word) {
    const text = memory.word(at);
    if (text === undefined) return undefined;
    if (text === 0) break;
    entries.push(text);
  }
  for (const text of entries.reverse()) {
    const { bytes } = memory.bytes(text, maxBytes);
    const nul = bytes.indexOf(0);
    if (!take(found, names, nul < 0 ? bytes : bytes.subarray(0, nul))) return undefined;
  }
  return found;
}

/** The copy of /proc/PID/environ that was saved with the image. */
function fromSaved({ target }: GoProcess, names: ReadonlySet<string>): Environment | undefined {
  const { savedEnviron: block } = target;
  if (!block) return undefined;
  const found = new Map<string, string>();
  for (let at = 0, entries = 0; at < block.length && entries < maxEntries; entries += 1) {
    const nul = block.indexOf(0, at);
    const end = nul < 0 ? block.length : nul;
    if (!take(found, names, block.subarray(at, Math.min(end, at + maxBytes)))) return undefined;
    at = end + 1;
  }
  return found;
}

function startOfAuxv(memory: Memory, auxv: ReadonlyMap<number, bigint>): number | undefined {
  const word = memory.pointerSize;
  const random = auxv.get(atRandom);
  const entry = auxv.get(atEntry);
  if (random === undefined || entry === undefined) return undefined;
  const read = (address: number) => (word === 8 ? memory.uint64(address) : toBigInt(memory.uint32(address)));
  const top = Math.floor(Number(random) / word) * word;
  for (let at = top; at > Math.max(0, top - maxStack); at -= word) {
    const type = memory.word(at);
    if (type === undefined && memory.faultAt(at)) return undefined;
    if (type !== atEntry || read(at + word) !== entry) continue;
    let start = at;
    while (auxv.get(memory.word(start - 2 * word) ?? -1) === read(start - word)) start -= 2 * word;
    return start;
  }
  return undefined;
}

const toBigInt = (value: number | undefined) => (value === undefined ? undefined : BigInt(value));

/** False for what is no `NAME=value`: then this is no environment. */
function take(found: Map<string, string>, names: ReadonlySet<string>, bytes: Uint8Array): boolean {
  const equals = bytes.indexOf(0x3d);
  if (equals < 0) return bytes.length === 0 || isText(bytes);
  const name = decode(bytes.subarray(0, equals));
  if (names.has(name) && !found.has(name)) found.set(name, decode(bytes.subarray(equals + 1)));
  return true;
}

const decode = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
const isText = (bytes: Uint8Array) => bytes.every((byte) => byte >= 0x20);
