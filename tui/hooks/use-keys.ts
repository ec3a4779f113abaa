// Raw input: puts the terminal into raw mode and passes on what it sends, one escape sequence or one run of characters at a time.
// Ink's own useInput is not used: it drops the Esc of `Esc /`, which a slow link delivers together.
import { useStdin } from 'ink';
import { useEffect, useRef } from 'react';

export function useKeys(listener: (input: string) => void): void {
  // The emitter is internal to ink 6.8; a test watches over that version.
  const { setRawMode, internal_eventEmitter: events } = useStdin();
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const onInput = (input: string) => latest.current(input);
    setRawMode(true);
    events?.on('input', onInput);
    return () => {
      events?.off('input', onInput);
      setRawMode(false);
    };
  }, [setRawMode, events]);
}
