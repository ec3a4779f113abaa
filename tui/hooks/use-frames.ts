// The frames of one stack around a place, in blocks that are remembered: a stack of a hundred thousand frames costs as much here as one of twenty.
import { useEffect, useState } from 'react';
import type { Calls, ErrorReply } from '../../src/session/protocol.js';
import { errorReply, type UiSession } from '../ui-session.js';
import { useApp } from './use-app.js';

const blockFrames = 128;

/** Whose stack. */
export type StackOwner =
  | { readonly call: 'goroutine'; readonly goid: string; readonly all: boolean }
  | { readonly call: 'thread'; readonly tid: number; readonly all: boolean };

type StackAnswer = Calls['goroutine']['result'] | Calls['thread']['result'];
type FrameRow = StackAnswer['frames'][number];

export interface Frames {
  /** Any block: what is the same in all. */
  readonly answer: StackAnswer | undefined;
  readonly at: (position: number) => FrameRow | undefined;
  readonly error: ErrorReply | undefined;
}

function block(session: UiSession, owner: StackOwner, number: number) {
  const { all } = owner;
  const range = { from: number * blockFrames, count: blockFrames, all };
  return owner.call === 'goroutine'
    ? {
        peek: (): StackAnswer | undefined => session.peek('goroutine', { goid: owner.goid, ...range }),
        ask: (): Promise<StackAnswer> => session.call('goroutine', { goid: owner.goid, ...range }),
      }
    : {
        peek: (): StackAnswer | undefined => session.peek('thread', { tid: owner.tid, ...range }),
        ask: (): Promise<StackAnswer> => session.call('thread', { tid: owner.tid, ...range }),
      };
}

/** The frame at a place of the list that is shown, asked for if it is not here. */
export async function frameOf(session: UiSession, owner: StackOwner, position: number): Promise<FrameRow | undefined> {
  const answer = await block(session, owner, Math.floor(position / blockFrames)).ask();
  return answer.frames[position - answer.from];
}

export function useFrames(owner: StackOwner, top: number, height: number): Frames {
  const { session } = useApp();
  const [error, setError] = useState<ErrorReply>();
  const [, setCount] = useState(0);
  const { attempt } = session;
  const key = JSON.stringify(owner);
  const first = Math.floor(Math.max(0, top) / blockFrames);
  const last = Math.floor(Math.max(0, top + height) / blockFrames);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for `owner`; `attempt` asks again after an error
  useEffect(() => {
    let gone = false;
    setError(undefined);
    for (let number = first; number <= last; number++) {
      const { peek, ask } = block(session, owner, number);
      if (peek() !== undefined) continue;
      ask().then(
        () => !gone && setCount((count) => count + 1),
        (reason: unknown) => !gone && setError(errorReply(reason)),
      );
    }
    return () => {
      gone = true;
    };
  }, [session, key, first, last, attempt]);
  const blockOf = (position: number) => block(session, owner, Math.floor(position / blockFrames)).peek();
  return {
    answer: blockOf(top) ?? block(session, owner, last).peek(),
    at(position) {
      const answer = blockOf(position);
      return answer?.frames[position - answer.from];
    },
    error,
  };
}
