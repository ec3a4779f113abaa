// The help overlay: the keys that hold on the present screen and all commands, made from the tables that the program obeys.

import type { Context } from '../bindings/binding.js';
import { commandHelp } from '../command.js';
import { bindingsIn, keyLabel } from '../keymap.js';
import { type Line, wrapText } from '../line.js';

/** `width`: of the terminal; what a key does is told to its end, on more lines where it must be. */
export function helpLines(context: Context, filter: string, width: number): Line[] {
  const keys = bindingsIn(context).map((b): [string, string] => [b.keys.map(keyLabel).join(' '), b.help]);
  const commands = commandHelp.map((c): [string, string] => [c.usage, c.help]);
  const wanted = filter.toLowerCase();
  const fits = ([left, right]: [string, string]) => `${left} ${right}`.toLowerCase().includes(wanted);
  const shownKeys = keys.filter(fits);
  const shownCommands = commands.filter(fits);
  if (shownKeys.length + shownCommands.length === 0) return [[`  no key or command has «${filter}»`]];
  return [
    ...(shownKeys.length > 0 ? [[['title', ' keys']] as Line, ...rows(shownKeys, width)] : []),
    ...(shownCommands.length > 0 ? [[['title', ' commands']] as Line, ...rows(shownCommands, width)] : []),
  ];
}

/** The left column is as wide as it must be: a narrow terminal needs the room for what keys do. */
function rows(pairs: readonly (readonly [string, string])[], width: number): Line[] {
  const keys = Math.min(26, Math.max(...pairs.map(([left]) => left.length)));
  return pairs.flatMap(([left, right]) =>
    wrapText(right, Math.max(20, width - keys - 5)).map(
      (part, i): Line => [['key', `  ${(i === 0 ? left : '').padEnd(keys)}`], `  ${part}`],
    ),
  );
}
