// The body of a screen that is a text with a cursor: what stands above it, its rows, or why there are none.
import type { ErrorReply } from '../../src/session/protocol.js';
import type { Context } from '../bindings/binding.js';
import type { TextView } from '../hooks/use-text-view.js';
import type { Line } from '../line.js';
import { Frame } from './frame.js';
import { notReadyBody } from './not-ready.js';

export interface TextBodyProps {
  readonly width: number;
  readonly height: number;
  readonly context: Context;
  readonly view: TextView;
  /** As many lines as the view was told. */
  readonly head?: readonly Line[];
  /** What stands there instead of the rows while the answer is not here. */
  readonly waiting: string | undefined;
  readonly error: ErrorReply | undefined;
}

export function TextBody({ width, height, context, view, head = [], waiting, error }: TextBodyProps) {
  if (waiting !== undefined || error !== undefined)
    return (
      <Frame
        width={width}
        height={height}
        context={context}
        body={notReadyBody(error, width, waiting)}
        awaited={error === undefined}
      />
    );
  return (
    <Frame
      width={width}
      height={height}
      context={context}
      body={[...head, ...view.lines]}
      selected={view.selected}
      status={view.status}
    />
  );
}
