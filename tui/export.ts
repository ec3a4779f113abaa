// Writes the view on top to a file that the user names: the span table row by row through the session, any other view as its lines of text.

import type { SpanQuery } from '../src/session/protocol.js';
import { spanColumns } from './components/span-table.js';
import { headerLine, rowLine } from './components/table.js';
import type { AppServices } from './hooks/use-app.js';
import { lineText } from './line.js';
import { grouped } from './numbers.js';
import type { Program } from './program.js';
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

/** Rows that are asked for at once. */
const windowRows = 2000;
const allColumns = 10_000;

/** Every row of a query: as a line of JSON where the file's name ends in .ndjson, as `spans --format ndjson` has it; else the table with all its columns. */
export async function* spanTableLines(app: AppServices, query: SpanQuery, path: string): AsyncGenerator<string> {
  const json = /\.(ndjson|jsonl)$/i.test(path);
  const columns = spanColumns(allColumns, app.session.told('mspan'));
  if (!json) yield lineText(headerLine(columns)).trimEnd();
  for (let from = 0; ; from += windowRows) {
    const { rows, indices, matching } = await app.session.call('spanWindow', { query, from, count: windowRows });
    for (const [i, row] of rows.entries())
      yield json ? JSON.stringify(row) : lineText(rowLine(columns, { row, index: indices[i] ?? -1 }, false)).trimEnd();
    if (rows.length === 0 || from + rows.length >= matching) return;
  }
}
