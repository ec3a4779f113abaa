// The terminal as we found it, whatever ends the program: entering and leaving the alternate screen, the cursor, raw mode.
// Leaving happens once, synchronously, and on every way out: a normal end, a signal, an uncaught exception, a closed pipe, process.exit.

export const enterSequence = '\u001b[?1049h\u001b[?25l\u001b[2J\u001b[H';
export const leaveSequence = '\u001b[?2026l\u001b[0m\u001b[?25h\u001b[?1049l';

export type Ending =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals; readonly exitCode: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'error'; readonly error: unknown };

export interface AlternateScreen {
  /** To the shell, by stopping this job; on its `fg` the screen is entered again. No-op where there are no jobs. */
  suspend(): void;
  /** Gives the terminal back. May be called any number of times. */
  leave(): void;
}

const signals: readonly (readonly [NodeJS.Signals, number])[] = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
];

/** Stops the whole foreground job: with `npm start` the shell waits for npm, not for us. */
const stopJob = () => process.kill(0, 'SIGTSTP');

/**
 * Enters the alternate screen. `onBack` is told when the screen was entered again and is empty. When something from outside ends the program, the terminal is given back first and then
 * `onEnd` is told why; it decides how the process ends.
 */
export function enterAlternateScreen(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  onEnd: (ending: Ending) => void,
  onBack: () => void,
  stop: () => void = stopJob,
): AlternateScreen {
  let active = true;
  const end = (ending: Ending) => {
    if (!active) return;
    leave();
    onEnd(ending);
  };
  const onSignal = signals.map(
    ([signal, exitCode]) => [signal, () => end({ kind: 'signal', signal, exitCode })] as const,
  );
  const onError = (error: unknown) => end({ kind: 'error', error });
  const onClosed = () => end({ kind: 'closed' });
  const onExit = () => leave();
  const onContinue = () => enterAgain();
  /** Sent by somebody else (`kill -TSTP`): as with Ctrl-Z the shell gets its terminal back first. */
  const onStop = () => {
    giveBack();
    process.kill(process.pid, 'SIGSTOP');
  };

  function giveBack(): void {
    try {
      if (stdin.isTTY) stdin.setRawMode(false);
    } catch {
      // The terminal is gone: there is no mode to restore.
    }
    try {
      stdout.write(leaveSequence);
    } catch {
      // As above.
    }
  }

  function enterAgain(): void {
    if (!active) return;
    // The shell has set its own mode meanwhile; switching off first makes Node set ours in any case.
    if (stdin.isTTY) {
      stdin.setRawMode(false);
      stdin.setRawMode(true);
    }
    stdout.write(enterSequence);
    onBack();
  }

  function suspend(): void {
    if (!active || process.platform === 'win32') return;
    giveBack();
    process.off('SIGTSTP', onStop);
    stop();
    process.on('SIGTSTP', onStop);
    // Here after `fg`, or at once where nobody can stop us (no shell above): either way the screen is ours.
    enterAgain();
  }

  function leave(): void {
    if (!active) return;
    active = false;
    giveBack();
    for (const [signal, handler] of onSignal) process.off(signal, handler);
    process.off('SIGCONT', onContinue);
    process.off('SIGTSTP', onStop);
    process.off('uncaughtException', onError);
    process.off('unhandledRejection', onError);
    process.off('exit', onExit);
    stdin.off('end', onClosed);
    stdin.off('error', onClosed);
    // The error listener of stdout stays: a write that fails later must not become an exception.
  }

  for (const [signal, handler] of onSignal) process.on(signal, handler);
  process.on('SIGCONT', onContinue);
  // Windows knows no such signal.
  if (process.platform !== 'win32') process.on('SIGTSTP', onStop);
  process.on('uncaughtException', onError);
  process.on('unhandledRejection', onError);
  process.on('exit', onExit);
  stdout.on('error', onClosed);
  stdin.on('end', onClosed);
  stdin.on('error', onClosed);
  // Before anything is drawn: a Ctrl-C that answers the first frame is a key already.
  if (stdin.isTTY) stdin.setRawMode(true);
  stdout.write(enterSequence);
  return { leave, suspend };
}
