// `layout infer`: what an image itself tells of the runtime's structs, and a layout file of it.
import { InspectError } from '../../bytes/errors.js';
import { jsonText } from '../../output/format.js';
import { layoutInferText } from '../../output/layout-text.js';
import { inferResult, saveInference } from '../../runtime/infer/infer-result.js';
import { infer, requestOf } from '../../runtime/layout-candidates.js';
import type { CommandSpec } from '../command.js';
import { text } from '../options.js';
import { openTargetOnly, refuseCsv, shortRunBudget } from './files.js';

const name = 'layout infer';

export const layoutInfer: CommandSpec = {
  name,
  operands: 'BINARY IMAGE',
  summary: 'field offsets as the image itself tells them: for a Go release that no table knows yet',
  options: [{ flags: '--save <file>', help: 'write a layout file, for --layout FILE' }],
  examples: [
    'spanscope layout infer ./server core.1234',
    'spanscope layout infer ./server core.1234 --save tomorrow.json',
    'spanscope spans ./server core.1234 --layout tomorrow.json',
  ],
  run(invocation) {
    const { operands, options, out, raw } = invocation;
    refuseCsv(name, invocation);
    invocation.optimizeAfter(shortRunBudget);
    const target = openTargetOnly(name, operands, invocation);
    try {
      const path = target.binary?.info.path ?? operands[0] ?? 'the binary';
      if (!target.image)
        throw new InspectError('no-image', name, 'an image is missing', 'offsets are told from the spans of an image');
      const request = requestOf(target, options.open);
      if (!request) throw new InspectError('unknown-go-version', path, 'its Go version is not known', '--go tells it');
      const inference = infer(target, request, options.open);
      if ('why' in inference) throw new InspectError('no-layout', target.image.path, inference.why);
      const save = text(raw, 'save');
      if (save !== undefined) saveInference(inference, request, save);
      const result = { ...inferResult(inference, request), ...(save === undefined ? {} : { file: save }) };
      if (options.format === 'table') out.write(layoutInferText(result));
      else out.line(jsonText(result, options.format === 'json' ? 2 : undefined));
    } finally {
      target.close();
    }
    return 0;
  },
};
