// `layout generate`: a layout file out of the DWARF of Go binaries.
import { type Destination, generateResult, measureFile, saveTables, tableText } from '../../layout/generate.js';
import { jsonText } from '../../output/format.js';
import { layoutGenerateText } from '../../output/layout-text.js';
import type { CommandSpec, Invocation } from '../command.js';
import { text, UsageError } from '../options.js';
import { refuseCsv } from './files.js';

const name = 'layout generate';

function destinationOf({ raw }: Invocation): Destination | undefined {
  const save = text(raw, 'save');
  const folder = text(raw, 'folder');
  const keep = raw.keep === true;
  if (save !== undefined && folder !== undefined) throw new UsageError(name, '--save and --folder: one or the other');
  if (save !== undefined) return { kind: 'file', path: save, keep };
  if (folder !== undefined) return { kind: 'folder', path: folder, keep };
  if (keep) throw new UsageError('--keep', 'needs --save FILE or --folder DIR to keep releases in');
  return undefined;
}

export const layoutGenerate: CommandSpec = {
  name,
  opensFiles: false,
  operands: 'BINARY…',
  summary: 'a layout file out of the DWARF of Go binaries, for --layout FILE; on stdout if it is saved nowhere',
  options: [
    { flags: '--save <file>', help: 'write it to this file (one OS and arch)' },
    { flags: '--folder <dir>', help: 'write OS-ARCH.json into this folder, one for each arch' },
    { flags: '--keep', help: 'releases that a file already holds stay in it' },
  ],
  examples: [
    'spanscope layout generate ./server --save server-layout.json',
    'spanscope overview ./stripped core.1234 --layout server-layout.json',
    'spanscope layout generate --folder layouts --keep build/go1.28.0-*',
  ],
  run(invocation) {
    const { operands, options, out, warn } = invocation;
    refuseCsv(name, invocation);
    if (operands.length === 0) throw new UsageError(name, 'no file given: name Go binaries that have DWARF');
    const destination = destinationOf(invocation);
    const measured = operands.map((path) => measureFile(path));
    if (destination === undefined) {
      const table = tableText(measured);
      for (const line of layoutGenerateText(generateResult(operands, measured, []))
        .trimEnd()
        .split('\n'))
        warn(line);
      out.write(table);
      return 0;
    }
    const result = generateResult(operands, measured, saveTables(measured, destination));
    if (options.format === 'table') out.write(layoutGenerateText(result));
    else out.line(jsonText(result, options.format === 'json' ? 2 : undefined));
    return 0;
  },
};
