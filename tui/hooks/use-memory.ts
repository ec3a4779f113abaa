// Memory around a place, fetched in blocks that are remembered: scrolling asks only for what was not seen yet.
import { useEffect, useState } from 'react';
import type { MemoryResult } from '../../src/analysis/results.js';
import type { ErrorReply } from '../../src/session/protocol.js';
import { errorReply, type UiSession } from '../ui-session.js';
import { useApp } from './use-app.js';

export const blockBytes = 1024;
const highest = Number.MAX_SAFE_INTEGER - blockBytes;

export interface MemoryWindow {
  /** The block that holds an address, if it is here. */
  readonly blockAt: (address: number) => MemoryResult | undefined;
  readonly error: ErrorReply | undefined;
}

const startOf = (address: number) => Math.floor(address / blockBytes) * blockBytes;
const paramsOf = (start: number) => ({ address: `0x${start.toString(16)}`, length: blockBytes });

/** The block that holds `address`, asked for if it is not here. */
export function memoryBlock(session: UiSession, address: number): Promise<MemoryResult> {
  return session.call('memory', paramsOf(startOf(address)));
}

/** `length` bytes from `from`, whole blocks of them. */
export function useMemory(from: number, length: number): MemoryWindow {
  const { session } = useApp();
  const [error, setError] = useState<ErrorReply>();
  const [, setCount] = useState(0);
  const { attempt } = session;
  const first = startOf(Math.max(0, from));
  const last = startOf(Math.min(highest, from + length));
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks again after an error
  useEffect(() => {
    let gone = false;
    setError(undefined);
    for (let start = first; start <= last; start += blockBytes) {
      if (session.peek('memory', paramsOf(start)) !== undefined) continue;
      memoryBlock(session, start).then(
        () => !gone && setCount((count) => count + 1),
        (reason: unknown) => !gone && setError(errorReply(reason)),
      );
    }
    return () => {
      gone = true;
    };
  }, [session, first, last, attempt]);
  return { blockAt: (address) => session.peek('memory', paramsOf(startOf(address))), error };
}
