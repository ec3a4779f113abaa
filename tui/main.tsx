// Starts the terminal UI over a session and ends it: the only module that touches the process, its streams and the alternate screen.
import { closeSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { render } from 'ink';
import { createSession } from '../src/session/client.js';
import type { FirstAnswers } from '../src/session/first-answers.js';
import type { ErrorReply, OpenRequest } from '../src/session/protocol.js';
import { App } from './app.js';
import { createNavigation } from './hooks/use-navigation.js';
import { type Ending, enterAlternateScreen } from './terminal/alternate-screen.js';
import { copySequence } from './terminal/clipboard.js';
import { FrameWriter } from './terminal/frame-writer.js';
import { type Size, sizeOf, watchSize } from './terminal/size.js';
import { cleanText } from './terminal/text-width.js';
import { WholeKeys } from './terminal/whole-keys.js';
import { errorReply, UiSession } from './ui-session.js';

export interface TuiOptions {
  readonly color: boolean;
  readonly ascii: boolean;
}

interface Outcome {
  readonly exitCode: number;
  /** Written to stderr after the terminal was given back. */
  readonly complaint?: string;
}

/** After the first frame the engine's worker starts, before its first question comes. */
const prepareAfterMs = 400;

/** Shows the target until the user quits; "first" answers for the first screen, if it can. Returns the exit code: 0, or that of an input that can't be used, or of a signal. */
export async function runTui(
  request: OpenRequest,
  options: TuiOptions,
  first: FirstAnswers | undefined,
): Promise<number> {
  const { stdin, stdout } = process;
  let finish: (outcome: Outcome) => void = () => undefined;
  const finished = new Promise<Outcome>((resolve) => {
    finish = resolve;
  });
  const size = sizeOf(stdout);
  const writer = new FrameWriter(stdout, size.columns, size.rows);
  const onEnd = (ending: Ending) => {
    writer.close();
    // Where the terminal itself is gone, Node aborts (with a core) on its way out, for it can't set the terminal's mode back: end as the hang-up would.
    if (!isatty(1)) {
      // Ink listens too; without any listener the signal does what it does by itself.
      process.removeAllListeners('SIGHUP');
      process.kill(process.pid, 'SIGHUP');
    }
    if (ending.kind === 'signal') process.exit(ending.exitCode);
    if (ending.kind === 'closed') process.exit(0);
    complain(`internal error: ${ending.error instanceof Error ? ending.error.message : String(ending.error)}`);
    process.exit(exitInternal);
  };
  const terminal = enterAlternateScreen(stdin, stdout, onEnd, () => writer.repaint());
  const client = createSession(first);
  const session = new UiSession(client, request);
  session.whenOpen().catch((error: unknown) => {
    const reply = errorReply(error);
    // An opening that the user stopped can be tried again from the screen.
    if (reply.code !== 'cancelled') finish({ exitCode: exitUnusable, complaint: complaintOf(reply) });
  });
  // What is known at once is drawn at once.
  if (client.answersAtOnce) await session.call('overview', {}).catch(() => undefined);
  const onSize = (listener: (size: Size) => void) =>
    watchSize(stdout, (next) => {
      writer.resize(next.columns, next.rows);
      listener(next);
    });
  const app = render(
    <App
      session={session}
      navigation={createNavigation()}
      theme={options}
      initialSize={size}
      onSize={onSize}
      onQuit={() => finish({ exitCode: 0 })}
      onRedraw={() => writer.redraw()}
      onSuspend={() => terminal.suspend()}
      onExport={writeNewFile}
      onCopy={(text) => writer.writeRaw(copySequence(text, process.env.TMUX !== undefined))}
    />,
    // Ink's debug mode hands over whole frames and leaves the terminal to the writer.
    {
      stdout: writer as unknown as NodeJS.WriteStream,
      stdin: new WholeKeys(stdin) as unknown as NodeJS.ReadStream,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
    },
  );
  app.waitUntilExit().catch((error: unknown) =>
    finish({
      exitCode: exitInternal,
      complaint: `internal error: ${error instanceof Error ? error.message : String(error)}`,
    }),
  );
  const preparing = setTimeout(() => client.prepare(), prepareAfterMs);
  const outcome = await finished;
  clearTimeout(preparing);
  writer.close();
  app.unmount();
  terminal.leave();
  stdin.pause();
  if (outcome.complaint !== undefined) complain(outcome.complaint);
  await client.close();
  return outcome.exitCode;
}

const exitUnusable = 3;
const exitInternal = 3;

/** Never overwrites: the user names the file, and may not know that it is there. */
async function writeNewFile(path: string, lines: AsyncIterable<string>): Promise<void> {
  const file = openSync(path, 'wx');
  try {
    for await (const line of lines) writeSync(file, `${line}\n`);
  } finally {
    closeSync(file);
  }
}

function complaintOf(error: ErrorReply): string {
  return `${error.subject}: ${error.why}${error.hint === undefined ? '' : `\n  ${error.hint}`}`;
}

function complain(text: string): void {
  process.stderr.write(`spanscope: ${text.split('\n').map(cleanText).join('\n')}\n`);
}
