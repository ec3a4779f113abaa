// The help overlay: the keys that hold on the present screen and all commands, made from the tables that the program obeys.
import { commandHelp } from '../command.js';
import { bindingsIn, type Context, keyLabel } from '../keymap.js';
import type { Line } from '../line.js';

export function helpLines(context: Context, filter: string): Line[] {
  const keys = bindingsIn(context).map((b): [string, string] => [b.keys.map(keyLabel).join(' '), b.help]);
  const commands = commandHelp.map((c): [string, string] => [c.usage, c.help]);
  const wanted = filter.toLowerCase();
  const fits = ([left, right]: [string, string]) => `${left} ${right}`.toLowerCase().includes(wanted);
  const row = ([left, right]: [string, string]): Line => [['key', `  ${left.padEnd(26)}`], ` ${right}`];
  const shownKeys = keys.filter(fits);
  const shownCommands = commands.filter(fits);
  if (shownKeys.length + shownCommands.length === 0) return [[`  no key or command has «${filter}»`]];
  return [
    ...(shownKeys.length > 0 ? [[['title', ' keys']] as Line, ...shownKeys.map(row)] : []),
    ...(shownCommands.length > 0 ? [[['title', ' commands']] as Line, ...shownCommands.map(row)] : []),
  ];
}
