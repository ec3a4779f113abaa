// Waits without an event loop: the engine is synchronous.
const never = new Int32Array(new SharedArrayBuffer(4));

/** Returns after about `ms` milliseconds. */
export function pause(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}
