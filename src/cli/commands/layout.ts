// `layout list|show|diff|verify`: the field offsets per Go version and arch.
import { InspectError } from '../../bytes/errors.js';
import { diffLayouts } from '../../layout/diff.js';
import { listLayouts, showLayout } from '../../layout/show.js';
import { jsonText } from '../../output/format.js';
import { layoutDiffText, layoutListText, layoutShowText } from '../../output/layout-text.js';
import { layoutVerifyText } from '../../output/verify-text.js';
import { verifyTarget } from '../../runtime/verify/verify-layout.js';
import type { CommandSpec, Invocation } from '../command.js';
import { UsageError } from '../options.js';
import { openTargetOnly, refuseCsv, shortRunBudget } from './files.js';

function write<T>(invocation: Invocation, result: T, toText: (result: T) => string): void {
  const { options, out } = invocation;
  refuseCsv('layout', invocation);
  if (options.format === 'table') out.write(toText(result));
  else out.line(jsonText(result, options.format === 'json' ? 2 : undefined));
}

/** A name on the command line that no table knows is wrong usage, not a damaged input. */
function named<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof InspectError && (error.code === 'no-layout' || error.code === 'unknown-go-version')) {
      throw new UsageError(error.subject, error.why, error.hint ?? 'spanscope layout list shows what there is');
    }
    throw error;
  }
}

const without = ({ options }: Invocation) => (options.open.without ? { without: options.open.without } : {});

/** `layout` alone, or with a word that is none of its commands. */
export const layout: CommandSpec = {
  name: 'layout',
  opensFiles: false,
  operands: 'list|show|diff|verify|generate|infer',
  summary: 'field offsets per Go version and arch: layout list, show, diff, verify, generate, infer',
  options: [],
  examples: [
    'spanscope layout list',
    'spanscope layout show go1.22.5/arm64 mspan',
    'spanscope layout diff go1.21.0 go1.22.0 mspan',
    'spanscope layout verify ./server',
    'spanscope layout generate ./server --save server-layout.json',
    'spanscope layout infer ./server core.1234',
  ],
  run({ operands: [word] }) {
    if (word === undefined)
      throw new UsageError('layout', 'needs a command: list, show, diff, verify, generate or infer');
    throw new UsageError(`layout ${word}`, 'unknown command: there are list, show, diff, verify, generate and infer');
  },
};

export const layoutList: CommandSpec = {
  name: 'layout list',
  opensFiles: false,
  operands: '',
  summary: 'the releases and arches that layout tables cover',
  options: [],
  examples: ['spanscope layout list'],
  run(invocation) {
    write(invocation, listLayouts(without(invocation)), layoutListText);
    return 0;
  },
};

export const layoutShow: CommandSpec = {
  name: 'layout show',
  opensFiles: false,
  operands: 'VERSION/ARCH [STRUCT[+OFFSET|.FIELD]]',
  summary: 'struct sizes and field offsets of one release',
  options: [],
  examples: ['spanscope layout show go1.22.5/arm64 mspan', 'spanscope layout show go1.24.0/amd64 mheap+80'],
  run(invocation) {
    const [name, part, extra] = invocation.operands;
    if (name === undefined)
      throw new UsageError('layout show', 'no release given: spanscope layout show go1.22.5/arm64');
    if (extra !== undefined) throw new UsageError('layout show', `too many arguments: ${extra}`);
    write(
      invocation,
      named(() => showLayout(name, part, without(invocation))),
      layoutShowText,
    );
    return 0;
  },
};

export const layoutDiff: CommandSpec = {
  name: 'layout diff',
  opensFiles: false,
  operands: 'A B [STRUCT]',
  summary: 'what moved between two releases',
  options: [],
  examples: ['spanscope layout diff go1.21.0 go1.22.0 mspan', 'spanscope layout diff go1.24.0/arm64 go1.25.0/arm64'],
  run(invocation) {
    const [a, b, struct, extra] = invocation.operands;
    if (a === undefined || b === undefined)
      throw new UsageError('layout diff', 'two releases are needed: spanscope layout diff go1.21.0 go1.22.0');
    if (extra !== undefined) throw new UsageError('layout diff', `too many arguments: ${extra}`);
    write(
      invocation,
      named(() => diffLayouts(a, b, struct, without(invocation))),
      layoutDiffText,
    );
    return 0;
  },
};

export const layoutVerify: CommandSpec = {
  name: 'layout verify',
  operands: 'BINARY [IMAGE]',
  summary: 'the table against the DWARF of a binary, or against an image; exit 1 if they differ',
  options: [],
  examples: [
    'spanscope layout verify ./server',
    'spanscope layout verify ./stripped core.1234',
    'spanscope layout verify ./server --layout server-layout.json',
  ],
  run(invocation) {
    const { layout: file } = invocation.options.open;
    if (file === 'dwarf')
      throw new UsageError('--layout dwarf', 'is what layout verify compares with: name a layout file');
    invocation.optimizeAfter(shortRunBudget);
    const target = openTargetOnly('layout verify', invocation.operands, invocation);
    const result = verifyTarget(target, invocation.options.open);
    write(invocation, result, layoutVerifyText);
    target.close();
    return result.mismatches.length > 0 ? 1 : 0;
  },
};
