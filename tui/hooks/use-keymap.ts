// Ties a screen to the keys: commands that the app does not do itself come to the handler of the screen on top.
import { useLayoutEffect } from 'react';
import type { Command } from '../bindings/binding.js';
import { isMotion, moved, type Place } from '../scrolling.js';
import { useApp } from './use-app.js';

/** Registers the handler of the screen on top; always the one of the last drawn state. */
export function useCommands(handler: (command: Command) => void): void {
  const { screenHandler } = useApp();
  useLayoutEffect(() => {
    screenHandler.current = handler;
    return () => {
      if (screenHandler.current === handler) screenHandler.current = undefined;
    };
  });
}

/** What `e` writes for the screen on top where that is more than what is seen; `undefined` leaves it at that. */
export function useViewLines(lines: ((path: string) => AsyncIterable<string>) | undefined): void {
  const { viewLines } = useApp();
  // The frame, drawn inside of the screen, has set what is seen before.
  useLayoutEffect(() => {
    if (lines !== undefined) viewLines.current = lines;
  });
}

/** Moves the list of the screen with this id if the command is a motion; true if it was. */
export function useListMotion(
  id: number,
  count: number,
  height: number,
  which: 'place' | 'slot' = 'place',
): (command: Command) => boolean {
  const { navigation, moves } = useApp();
  return (command) => {
    if (!isMotion(command)) return false;
    const screen = navigation.get().stack.find((each) => each.id === id);
    if (screen === undefined) return false;
    const place: Place | undefined =
      which === 'slot' ? (screen.kind === 'span' ? screen.slot : undefined) : screen.place;
    if (place === undefined) return true;
    navigation.dispatch({ type: 'patch', id, patch: { [which]: moved(place, command, count, height) } });
    if (moves.current?.id === id) moves.current.motions.push(command);
    return true;
  };
}
