// What the notes of a Linux core say of the process: threads with registers, mapped files, auxiliary vector, name. Notes that are damaged
// are left out and named in `problems`; a core without notes has no threads.
import { Cursor, utf8 } from '../bytes/cursor.js';
import { InspectError } from '../bytes/errors.js';
import { parseAuxv } from './auxv.js';
import { EM, NT } from './constants.js';
import type { ElfFile } from './elf-file.js';
import { type NoteLocation, readNote, walkNotes } from './notes.js';
import { Problems } from './problems.js';
import { registerLayout } from './registers.js';

export interface CoreThread {
  /** Linux thread ID (pr_pid). */
  readonly tid: number;
  /** pr_cursig: the signal that ended the process, in every thread of a kernel core, 0 in gcore's. */
  readonly signal: number;
  /** By gdb's names, unsigned; empty for a machine without a register table. */
  readonly registers: ReadonlyMap<string, bigint>;
  readonly pc: bigint | undefined;
  readonly sp: bigint | undefined;
  /** The link register, and the one that holds g while Go code runs; undefined on machines that have none. */
  readonly lr: bigint | undefined;
  readonly g: bigint | undefined;
  /** Of NT_SIGINFO, where the thread has one. */
  readonly cause: SignalCause | undefined;
  /** Of a thread of a live process: what is known of it besides. */
  readonly live?: LiveThread;
}

/** What /proc says of a thread. Of its registers only PC and SP are known there, or none. */
export interface LiveThread {
  readonly name: string;
  /** One letter, as ps shows it. */
  readonly state: string;
  /** What gettid says in the thread: another number where it is in a container. */
  readonly innerTid: number;
  /** Why PC and SP are not known; undefined where they are. */
  readonly lack: string | undefined;
}

/** NT_SIGINFO: what the signal was, and who or what caused it. */
interface SignalCause {
  readonly signal: number;
  /** si_code: 0 and below by a process (kill, tgkill), above by the kernel (1 SEGV_MAPERR, 0x80 SI_KERNEL). */
  readonly code: number;
  readonly errno: number;
  /** si_addr of SIGILL, SIGTRAP, SIGBUS, SIGFPE and SIGSEGV that the kernel raised. */
  readonly address: bigint | undefined;
  /** si_pid of signals that a process sent. */
  readonly sender: number | undefined;
}

/** One line of NT_FILE: [start, end) maps `path` from byte `offset` on. */
export interface MappedFile {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly path: string;
}

interface CoreProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  /** pr_sname: `R`, `S`, `D`, `T`, `Z`, … as ps shows it; empty where the writer left it out. */
  readonly state: string;
  /** Up to 15 bytes of the program's name, and up to 79 of its arguments. */
  readonly name: string;
  readonly args: string;
}

export interface CoreInfo {
  readonly threads: readonly CoreThread[];
  readonly files: readonly MappedFile[];
  /** Values by AT_ type. */
  readonly auxv: ReadonlyMap<number, bigint>;
  readonly process: CoreProcess | undefined;
  readonly problems: readonly string[];
}

/** Reads the notes of an ET_CORE file. Throws only `read-failed`. */
export function readCore(elf: ElfFile): CoreInfo {
  const threads: CoreThread[] = [];
  const problems = new Problems();
  let files: readonly MappedFile[] = [];
  let auxv: ReadonlyMap<number, bigint> = new Map();
  let process: CoreProcess | undefined;
  for (const location of walkNotes(elf)) {
    // Delve leaves the owner empty. LINUX notes are further register sets.
    if (location.owner !== 'CORE' && location.owner !== '') continue;
    try {
      switch (location.type) {
        case NT.PRSTATUS:
          threads.push(readThread(elf, location));
          break;
        case NT.SIGINFO: {
          const cause = readSignalCause(elf, location);
          const last = threads.pop();
          if (last !== undefined) threads.push({ ...last, cause });
          break;
        }
        case NT.FILE:
          if (files.length === 0) files = readMappedFiles(elf, location);
          break;
        case NT.AUXV:
          if (auxv.size === 0) auxv = parseAuxv(readNote(elf, location).desc, elf);
          break;
        case NT.PRPSINFO:
          process ??= readProcess(elf, location);
          break;
        default:
      }
    } catch (error) {
      if (!(error instanceof InspectError) || error.code === 'read-failed') throw error;
      problems.add(error.message);
    }
  }
  return { threads, files, auxv, process, problems: problems.all() };
}

function noteCursor(elf: ElfFile, location: NoteLocation, what: string): Cursor {
  return new Cursor(readNote(elf, location).desc, {
    littleEndian: elf.littleEndian,
    pointerSize: elf.pointerSize,
    subject: `${elf.name} note ${what}`,
    base: location.descOffset,
  });
}

/**
 * Linux include/uapi/linux/elfcore.h, struct elf_prstatus: siginfo (3 × int), cursig (short), sigpend and sighold (words), pid, ppid, pgrp,
 * sid, four times of two words each, then the registers.
 */
function readThread(elf: ElfFile, location: NoteLocation): CoreThread {
  const word = elf.pointerSize;
  const cursor = noteCursor(elf, location, 'NT_PRSTATUS');
  cursor.seek(12, 'pr_cursig');
  const signal = cursor.uint16('pr_cursig');
  cursor.align(word);
  cursor.skip(2 * word, 'pr_sigpend and pr_sighold');
  const tid = cursor.int32('pr_pid');
  cursor.skip(12, 'pr_ppid, pr_pgrp and pr_sid');
  cursor.skip(8 * word, 'the four times');
  const layout = registerLayout(elf.header.machine, elf.header.bits);
  const registers = new Map<string, bigint>();
  for (const entry of layout?.names ?? []) {
    const [name = '', size] = entry.split('/');
    if (size === undefined) cursor.align(word);
    const value = size === '4' ? BigInt(cursor.uint32(`register ${name}`)) : cursor.word(`register ${name}`);
    if (name !== '-') registers.set(name, value);
  }
  const named = (name: string | undefined) => (name === undefined ? undefined : registers.get(name));
  return {
    tid,
    signal,
    registers,
    pc: named(layout?.pc),
    sp: named(layout?.sp),
    lr: named(layout?.lr),
    g: named(layout?.g),
    cause: undefined,
  };
}

/** Signals whose si_addr the kernel sets: SIGILL, SIGTRAP, SIGBUS (7, on MIPS 10), SIGFPE, SIGSEGV. */
const FAULTS: readonly number[] = [4, 5, 7, 8, 10, 11];
const MIPS_SIGEMT = 7;
const SIGUSR1 = 10;

/**
 * Linux include/uapi/asm-generic/siginfo.h: signo, errno, code (on MIPS signo, code, errno), then at the next word si_addr, or si_pid and si_uid.
 */
function readSignalCause(elf: ElfFile, location: NoteLocation): SignalCause {
  const cursor = noteCursor(elf, location, 'NT_SIGINFO');
  const mips = elf.header.machine === EM.MIPS;
  const signal = cursor.int32('si_signo');
  const second = cursor.int32('si_errno');
  const third = cursor.int32('si_code');
  const [errno, code] = mips ? [third, second] : [second, third];
  cursor.align(elf.pointerSize);
  const faults = FAULTS.includes(signal) && signal !== (mips ? MIPS_SIGEMT : SIGUSR1);
  if (code > 0 && faults) return { signal, code, errno, address: cursor.word('si_addr'), sender: undefined };
  return { signal, code, errno, address: undefined, sender: code <= 0 ? cursor.int32('si_pid') : undefined };
}

/** Linux fs/binfmt_elf.c, fill_files_note: count, page size (the unit of offsets), count × {start, end, offset}, then the names. */
function readMappedFiles(elf: ElfFile, location: NoteLocation): readonly MappedFile[] {
  const cursor = noteCursor(elf, location, 'NT_FILE');
  const count = Number(cursor.word('count'));
  const pageSize = Number(cursor.word('page size'));
  if (count > cursor.remaining / (3 * elf.pointerSize))
    throw cursor.malformed('count', `no more files than fit, not ${count}`);
  const ranges = Array.from({ length: count }, () => ({
    start: Number(cursor.word('start')),
    end: Number(cursor.word('end')),
    offset: Number(cursor.word('file offset')) * pageSize,
  }));
  const files: MappedFile[] = [];
  for (const range of ranges) {
    const path = cursor.cString('path');
    if (Number.isSafeInteger(range.end) && range.start < range.end && Number.isSafeInteger(range.offset))
      files.push({ ...range, path });
  }
  return files;
}

/**
 * Linux include/uapi/linux/elfcore.h, struct elf_prpsinfo. Its head differs by machine (flag and IDs of 2, 4 or 8 bytes), its tail does
 * not: pid, ppid, pgrp, sid (4 bytes each), fname[16], psargs[80].
 */
function readProcess(elf: ElfFile, location: NoteLocation): CoreProcess {
  const cursor = noteCursor(elf, location, 'NT_PRPSINFO');
  const tail = location.descSize - 112;
  cursor.skip(1, 'pr_state');
  const sname = cursor.uint8('pr_sname');
  const idBytes = elf.pointerSize === 4 && location.descSize === 124 ? 2 : 4;
  cursor.seek(tail - 2 * idBytes, 'pr_uid');
  const uid = idBytes === 2 ? cursor.uint16('pr_uid') : cursor.uint32('pr_uid');
  cursor.seek(tail, 'pr_pid');
  const pid = cursor.int32('pr_pid');
  const ppid = cursor.int32('pr_ppid');
  cursor.skip(8, 'pr_pgrp and pr_sid');
  return {
    pid,
    ppid,
    uid,
    state: sname > 0x20 && sname < 0x7f ? String.fromCharCode(sname) : '',
    name: untilNul(cursor.take(16, 'pr_fname')),
    args: untilNul(cursor.take(80, 'pr_psargs')).trimEnd(),
  };
}

function untilNul(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return utf8(nul < 0 ? bytes : bytes.subarray(0, nul));
}
