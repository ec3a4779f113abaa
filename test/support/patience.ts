// How long a test waits for what must come true, on a machine that does much else. It costs nothing where it comes true at once.

/** Well below vitest's `testTimeout`, so that what was waited for is named. */
export const patienceMs = 60_000;

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Whether `what` came true while there was patience. */
export async function until(what: () => boolean): Promise<boolean> {
  const end = performance.now() + patienceMs;
  while (!what()) {
    if (performance.now() > end) return false;
    await pause(10);
  }
  return true;
}
