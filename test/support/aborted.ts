// A signal that ends a call at a moment that does not depend on how fast the machine is.

/** Not aborted yet when the call looks at it, and aborted as soon as the call listens: before the engine can have answered, on any machine. */
export function abortedOnceHeard(): AbortSignal {
  const controller = new AbortController();
  const { signal } = controller;
  const listen = signal.addEventListener.bind(signal);
  signal.addEventListener = (...heard: Parameters<typeof listen>) => {
    listen(...heard);
    controller.abort();
  };
  return signal;
}
