// `layout list|show|diff|verify|generate` for people.
import type { LayoutDiffResult, LayoutGenerateResult, LayoutListResult, LayoutShowResult } from '../layout/results.js';
import { printable } from './format.js';

export function layoutListText({ layouts }: LayoutListResult): string {
  const lines = layouts.flatMap(({ os, arch, releases, structs }) => [
    `${os}/${arch}: ${releases.length} releases measured (line: patches), ${structs} structs`,
    ...wrap(byLine(releases), 78),
  ]);
  return text(lines);
}

/** `1.9: 0 2 3 7`, and `1.26+nogreenteagc: 11`: the patches of each line. */
function byLine(releases: readonly string[]): string[] {
  const lines = new Map<string, string[]>();
  for (const release of releases) {
    const [, line = '', patch = '', experiments = ''] = /^go(\d+\.\d+)\.?([^+]*)(.*)$/.exec(release) ?? [];
    const name = `${line}${experiments}`;
    lines.set(name, [...(lines.get(name) ?? []), patch]);
  }
  return [...lines].map(([name, patches]) => `${name}: ${patches.join(' ')}`);
}

function wrap(phrases: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const phrase of phrases) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + phrase.length + 2 <= width) lines[lines.length - 1] = `${last}; ${phrase}`;
    else lines.push(`  ${phrase}`);
  }
  return lines;
}

export function layoutShowText({ goVersion, arch, experiments, source, note, structs, at }: LayoutShowResult): string {
  const lines = [
    `${goVersion}${experiments.length > 0 ? `+${experiments.join(',')}` : ''}/${arch}, from ${source}${note ? ` (${note})` : ''}`,
  ];
  if (at) {
    const inside = at.rest > 0 ? `, ${at.rest} bytes into it` : '';
    lines.push(
      `${at.struct}.${at.path}: offset ${at.offset} (0x${at.offset.toString(16)}), ${at.size} bytes, ${at.type}${inside}`,
    );
    return text(lines);
  }
  for (const [name, { size, exact, fields }] of Object.entries(structs)) {
    lines.push('', `${name}, ${size} bytes${exact === false ? ' (not measured in this release)' : ''}`);
    for (const [field, { offset, size: bytes, type }] of Object.entries(fields)) {
      lines.push(
        `${String(offset).padStart(8)} ${`0x${offset.toString(16)}`.padStart(8)} ${String(bytes).padStart(7)}  ${field.padEnd(28)} ${type}`,
      );
    }
  }
  return text(lines);
}

export function layoutDiffText({ a, b, arch, structs }: LayoutDiffResult): string {
  const entries = Object.entries(structs);
  if (entries.length === 0) return text([`${a} and ${b} (${arch}): no difference`]);
  const lines = [
    `${a} → ${b} (${arch}): ${entries.length === 1 ? '1 struct differs' : `${entries.length} structs differ`}`,
  ];
  for (const [name, { size, added, removed, moved, retyped }] of entries) {
    lines.push('', `${name}: ${size.a ?? 'absent'} → ${size.b ?? 'absent'} bytes`);
    for (const { field, offset, type } of removed) lines.push(`  - ${field} at ${offset}  ${type}`);
    for (const { field, offset, type } of added) lines.push(`  + ${field} at ${offset}  ${type}`);
    for (const { field, a: from, b: to } of moved) lines.push(`  ~ ${field} moves from ${from} to ${to}`);
    for (const { field, a: from, b: to } of retyped) lines.push(`  ~ ${field} was ${from}, is ${to}`);
  }
  return text(lines);
}

export function layoutGenerateText({ measured, files }: LayoutGenerateResult): string {
  const lines = measured.map(
    ({ binary, goVersion, experiments, os, arch, structs, fields }) =>
      `${binary}: ${[goVersion, ...experiments].join('+')} ${os}/${arch}, ${structs} structs with ${fields} fields`,
  );
  return text([...lines, ...files.map((file) => `written: ${file}`)]);
}

function text(lines: readonly string[]): string {
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}
