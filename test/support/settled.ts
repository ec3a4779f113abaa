// Whether the screens are done with what was typed, told by what they do and not by the time that it takes.
import type { FakeSession } from './fake-session.js';
import type { TuiUnderTest } from './tui.js';

/** Far more than lie between an answer and the question that it leads to. */
const quietTurns = 100;

/** Resolves when no call is under way and so many turns of the event loop have changed nothing. Held calls are under way: release them first. */
export async function settled({
  navigation,
  session,
}: TuiUnderTest & { readonly session: FakeSession }): Promise<void> {
  let seen: unknown;
  let calls = -1;
  for (let quiet = 0; quiet < quietTurns; quiet += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = navigation.get();
    if (now !== seen || session.calls.length !== calls || session.waiting() > 0) quiet = 0;
    seen = now;
    calls = session.calls.length;
    // A fake answer takes a timer: let them come without turning all the while.
    if (session.waiting() > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
