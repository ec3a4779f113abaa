// Which Go made the target: build info of the binary, build info in the image, or runtime.buildVersion by its symbol or by its text.
import { InspectError } from '../bytes/errors.js';
import { readBuildIds } from '../elf/build-ids.js';
import type { ElfFile } from '../elf/elf-file.js';
import { lookupSymbols } from '../elf/symbols.js';
import { findBuildInfo, readBuildInfo } from '../gosym/build-info.js';
import { hasFunctionTable } from '../gosym/find-ftab.js';
import { parseGoVersion } from '../gosym/go-version.js';
import { isExact, versionTexts } from '../gosym/version-text.js';
import type { Memory } from '../image/memory.js';
import type { AddressRange } from '../image/scan-words.js';
import type { ProgramData } from './data-ranges.js';

export interface FoundGo {
  readonly version: string;
  readonly experiments: readonly string[];
  readonly source: string;
  readonly byText?: true;
}

/** Longest version string that is believed. */
const maxVersionBytes = 512;

/** Undefined where nothing tells the version. Throws InspectError for an override that is no Go version. */
export function findGo(
  elf: ElfFile | undefined,
  bias: number,
  memory: Memory,
  override: string | undefined,
  data: ProgramData,
): FoundGo | undefined {
  if (override !== undefined) return fromOverride(override);
  const inBinary = elf && readBuildInfo(elf);
  if (inBinary)
    return { version: inBinary.release, experiments: inBinary.experiments, source: 'build info of the binary' };
  const inImage = findBuildInfo(memory, data.certain ? data.variablesFirst : undefined);
  if (inImage) return { version: inImage.release, experiments: inImage.experiments, source: 'build info in the image' };
  return (elf && fromSymbol(elf, bias, memory)) ?? fromText(memory, data.initialized);
}

function fromOverride(text: string): FoundGo {
  const [name = '', ...experiments] = text.split(/[+,]/);
  const parsed = parseGoVersion(name.startsWith('go') || name.startsWith('devel') ? name : `go${name}`);
  if (!parsed) throw new InspectError('unknown-go-version', `--go ${text}`, 'is no Go version, like go1.24.5');
  return { version: parsed.release, experiments: [...parsed.experiments, ...experiments], source: '--go' };
}

/** runtime.buildVersion is a string header: address and length of the text. */
function fromSymbol(elf: ElfFile, bias: number, memory: Memory): FoundGo | undefined {
  const symbol = lookupSymbols(elf, ['runtime.buildVersion']).get('runtime.buildVersion');
  if (!symbol) return undefined;
  const text = memory.word(symbol.value + bias);
  const length = memory.word(symbol.value + bias + memory.pointerSize);
  if (!text || !length || length > maxVersionBytes) return undefined;
  const { bytes } = memory.bytes(text, length);
  const parsed = parseGoVersion(Buffer.from(bytes).toString('latin1'));
  return parsed && { version: parsed.release, experiments: parsed.experiments, source: 'runtime.buildVersion' };
}

/**
 * The best of the versions that the program's string variables hold; the others are named with it. Undefined where several are releases: a program that knows others (a tool for Go) has its own
 * among them, and which it is only the image can say.
 */
function fromText(memory: Memory, data: readonly AddressRange[]): FoundGo | undefined {
  const [version, ...others] = versionTexts(memory, data);
  if (!version || (isExact(version) && others.some(isExact))) return undefined;
  const rest = others.length === 0 ? '' : ` (others there: ${others.map(({ release }) => release).join(', ')})`;
  const source = `a string variable of the program${rest}`;
  return { version: version.release, experiments: version.experiments, source, byText: true };
}

/** What marks a binary as made by Go; empty for any other. */
export function goEvidence(elf: ElfFile): readonly string[] {
  const sections = ['.go.buildinfo', '.gopclntab', '.data.rel.ro.gopclntab', '.note.go.buildid', '.go.module'].filter(
    (name) => elf.section(name),
  );
  if (sections.length > 0) return sections;
  if (readBuildIds(elf).go !== undefined) return ['Go build ID'];
  if (readBuildInfo(elf)) return ['build info'];
  return hasFunctionTable(elf) ? ['a function table'] : [];
}
