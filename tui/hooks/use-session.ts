// Questions to the engine as React state: the answer, or that it is being waited for, or why there is none.
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { CallName, Calls, ErrorReply } from '../../src/session/protocol.js';
import { errorReply, type UiSession } from '../ui-session.js';
import { useApp } from './use-app.js';

/** Re-renders the component when something about the session changes: opened, progress, new rows. */
export function useSessionVersion(session: UiSession): number {
  return useSyncExternalStore(session.subscribe, session.getVersion);
}

export interface Answer<T> {
  readonly value: T | undefined;
  readonly error: ErrorReply | undefined;
  readonly loading: boolean;
}

/**
 * The engine's answer to a question; asked again when the question changes. While a new one is awaited the old answer stands.
 * `params` undefined asks nothing.
 */
export function useCall<K extends CallName>(
  call: K,
  params: Calls[K]['params'] | undefined,
): Answer<Calls[K]['result']> {
  const { session } = useApp();
  const key = params === undefined ? undefined : JSON.stringify(params);
  const [state, setState] = useState<{ key: string | undefined; value?: Calls[K]['result']; error?: ErrorReply }>({
    key: undefined,
  });
  const { attempt } = session;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for `params`; `attempt` asks again
  useEffect(() => {
    if (key === undefined || params === undefined || session.peek(call, params) !== undefined) return;
    const controller = new AbortController();
    session.call(call, params, controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setState({ key, value });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setState({ key, error: errorReply(error) });
      },
    );
    return () => controller.abort();
  }, [session, call, key, attempt]);
  if (params === undefined) return { value: undefined, error: undefined, loading: false };
  const known = session.peek(call, params);
  if (known !== undefined) return { value: known, error: undefined, loading: false };
  if (state.key === key && state.error !== undefined) return { value: undefined, error: state.error, loading: false };
  return { value: state.value, error: undefined, loading: state.key !== key };
}
