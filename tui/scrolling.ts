// A cursor in something longer than the screen: where it is, and where a key moves it.

/** A position in something longer than the screen. `top` is the first row shown. */
export interface Place {
  readonly cursor: number;
  readonly top: number;
}

export const start: Place = { cursor: 0, top: 0 };

/** The place after moving the cursor to `cursor`, in `count` rows of which `height` are seen. */
export function placeAt(place: Place, cursor: number, count: number, height: number): Place {
  const at = Math.max(0, Math.min(cursor, count - 1));
  return { cursor: at, top: visibleTop({ cursor: at, top: place.top }, count, height) };
}

/** The first row to show so that the cursor is seen and no row is wasted below the end. */
export function visibleTop(place: Place, count: number, height: number): number {
  const rows = Math.max(1, height);
  const highest = Math.max(0, count - rows);
  let top = Math.min(Math.max(0, place.top), highest);
  if (place.cursor < top) top = place.cursor;
  if (place.cursor >= top + rows) top = place.cursor - rows + 1;
  return Math.max(0, Math.min(top, highest));
}

export type Motion = 'up' | 'down' | 'top' | 'bottom' | 'half-down' | 'half-up' | 'page-down' | 'page-up';
const motions: ReadonlySet<string> = new Set<Motion>([
  'up',
  'down',
  'top',
  'bottom',
  'half-down',
  'half-up',
  'page-down',
  'page-up',
]);

export function isMotion(command: string): command is Motion {
  return motions.has(command);
}

/** The first row shown after a motion key, where nothing is under a cursor: each key scrolls. */
export function scrolled(place: Place, motion: Motion, count: number, height: number): Place {
  const rows = Math.max(1, height);
  const pages = motion.startsWith('half') ? Math.ceil(rows / 2) : motion.startsWith('page') ? rows : 1;
  const up = motion === 'up' || motion === 'half-up' || motion === 'page-up';
  const wanted = motion === 'top' ? 0 : motion === 'bottom' ? count : place.top + (up ? -pages : pages);
  const top = Math.max(0, Math.min(wanted, count - rows));
  return { cursor: top, top };
}

/** The place after a motion key. Whole pages move the view with the cursor, so that the cursor keeps its line. */
export function moved(place: Place, motion: Motion, count: number, height: number): Place {
  const rows = Math.max(1, height);
  const by = (delta: number): Place => {
    const cursor = Math.max(0, Math.min(place.cursor + delta, count - 1));
    return { cursor, top: visibleTop({ cursor, top: place.top + delta }, count, rows) };
  };
  switch (motion) {
    case 'up':
      return placeAt(place, place.cursor - 1, count, rows);
    case 'down':
      return placeAt(place, place.cursor + 1, count, rows);
    case 'top':
      return start;
    case 'bottom':
      return placeAt(place, count - 1, count, rows);
    case 'half-down':
      return by(Math.ceil(rows / 2));
    case 'half-up':
      return by(-Math.ceil(rows / 2));
    case 'page-down':
      return by(rows);
    case 'page-up':
      return by(-rows);
  }
}
