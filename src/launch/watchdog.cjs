// Stops a process and lets it run again when its starter is done with it or gone: `node watchdog.js PID STARTTIME`, in a session of its own, with a pipe as
// standard input whose other end only the starter holds. Whatever ends the starter, kill -9 included, closes the pipe.
const { readFileSync } = require('node:fs');

const [pid, startTime] = [Number(process.argv[2]), process.argv[3]];
/** A starter that is itself stopped (Ctrl-Z) must not hold the process for ever. */
const longestMs = 60_000;

/** The state letter of the process, if it is still the one that was meant. */
function state() {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[19] === startTime ? fields[0] : undefined;
  } catch {
    return undefined;
  }
}

let stopped = false;

function release() {
  // Threads reach the stop one after the other: SIGCONT is right whatever the first one's state is.
  if (stopped && state() !== undefined) {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // It has ended meanwhile.
    }
  }
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTSTP', 'SIGPIPE']) process.on(signal, () => {});
process.on('SIGTERM', release);
process.stdin.on('end', release).on('close', release).on('error', release).resume();
setTimeout(release, longestMs);

// Who stopped it before has its own reasons, and is to continue it.
const before = state();
if (before === undefined || before === 'T' || before === 't') process.exit(0);
stopped = true;
try {
  process.kill(pid, 'SIGSTOP');
} catch {
  process.exit(1);
}
