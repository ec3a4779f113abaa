// Every command, in the order in which help lists them.
import type { CommandSpec } from '../command.js';
import { find, memory } from './find.js';
import { findings } from './findings.js';
import { gc } from './gc.js';
import { goroutine, goroutines, threads } from './goroutines.js';
import { demo } from './interactive.js';
import { layout, layoutDiff, layoutList, layoutShow, layoutVerify } from './layout.js';
import { layoutGenerate } from './layout-generate.js';
import { overview } from './overview.js';
import { span, spans } from './spans.js';
import { stacks } from './stacks.js';
import { symbols } from './symbols.js';

export { interactive } from './interactive.js';

export const commands: readonly CommandSpec[] = [
  overview,
  spans,
  span,
  gc,
  findings,
  find,
  memory,
  goroutines,
  goroutine,
  threads,
  stacks,
  symbols,
  layout,
  layoutList,
  layoutShow,
  layoutDiff,
  layoutVerify,
  layoutGenerate,
  demo,
];
