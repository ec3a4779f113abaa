// `layout list|show|diff|verify` for people.
import type { LayoutDiffResult, LayoutListResult, LayoutShowResult, LayoutVerifyResult } from '../layout/results.js';
import { printable } from './format.js';

export function layoutListText({ layouts }: LayoutListResult): string {
  const lines = layouts.flatMap(({ arch, releases, structs }) => [
    `linux/${arch}: ${releases.length} releases measured, ${structs} structs`,
    ...wrap(releases, 110),
  ]);
  return text(lines);
}

function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  ${word}`);
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
  for (const [name, { size, fields }] of Object.entries(structs)) {
    lines.push('', `${name}, ${size} bytes`);
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
  const lines = [`${a} → ${b} (${arch}): ${entries.length} structs differ`];
  for (const [name, { size, added, removed, moved, retyped }] of entries) {
    lines.push('', `${name}: ${size.a ?? 'absent'} → ${size.b ?? 'absent'} bytes`);
    for (const { field, offset, type } of removed) lines.push(`  - ${field} at ${offset}  ${type}`);
    for (const { field, offset, type } of added) lines.push(`  + ${field} at ${offset}  ${type}`);
    for (const { field, a: from, b: to } of moved) lines.push(`  ~ ${field} moves from ${from} to ${to}`);
    for (const { field, a: from, b: to } of retyped) lines.push(`  ~ ${field} was ${from}, is ${to}`);
  }
  return text(lines);
}

export function layoutVerifyText(result: LayoutVerifyResult): string {
  const { goVersion, arch, checked, structsChecked, mismatches, unknown } = result;
  const lines = [
    `${goVersion}/${arch}: ${checked} fields of ${structsChecked} structs compared with the binary's DWARF, ${mismatches.length} mismatches`,
  ];
  for (const { struct, field, table, dwarf } of mismatches)
    lines.push(
      `  ${struct}${field === null ? ' (size)' : `.${field}`}: table ${JSON.stringify(table)}, DWARF ${JSON.stringify(dwarf)}`,
    );
  if (unknown.length > 0) lines.push(`not compared: ${unknown.map(({ struct }) => struct).join(' ')}`);
  return text(lines);
}

function text(lines: readonly string[]): string {
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}
