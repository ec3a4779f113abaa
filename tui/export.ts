// Writes the view on top to a file that the user names: the span table row by row through the session, any other view as its lines of text.
import type { Program } from './actions.js';
import type { AppServices } from './hooks/use-app.js';
import { grouped } from './numbers.js';
import { errorReply, errorText } from './ui-session.js';

/** An existing file is never overwritten. Says on the screen what came of it. */
export async function exportView(app: AppServices, path: string, program: Program): Promise<void> {
  const lines = app.viewLines.current;
  if (lines === undefined) {
    app.notify('there is nothing to write yet', true);
    return;
  }
  let count = 0;
  async function* counted(source: AsyncIterable<string>) {
    for await (const line of source) {
      count++;
      yield line;
    }
  }
  try {
    await app.hold(program.onExport(path, counted(lines(path))));
    app.notify(`${grouped(count)} lines written to ${path}`);
  } catch (error) {
    const reply = errorReply(error);
    app.notify(reply.code === 'internal' ? `${path}: ${reply.why}` : errorText(reply), true);
  }
}
