// The top line: where the user is, as a path, and what is being looked at.
import { type Line, leftRight, type Segment } from '../line.js';
import type { Navigation } from '../navigation.js';
import type { Screen } from '../screen-state.js';
import type { UiSession } from '../ui-session.js';

export function breadcrumbLine(state: Navigation, session: UiSession, width: number): Line {
  const title = session.opened?.title ?? (session.openError ? 'not open' : 'opening…');
  const crumbs = state.stack.slice(1).map(crumbText);
  const go = session.opened?.goText ?? '';
  const room = width - go.length - 4 - title.length;
  // The last ones matter most: a path that is too long loses crumbs from its beginning.
  const kept = (dropped: number) => (dropped === 0 ? crumbs : ['…', ...crumbs.slice(dropped)]);
  let dropped = 0;
  while (dropped < crumbs.length - 1 && kept(dropped).join(separator).length + separator.length > room) dropped++;
  const shown = crumbs.length === 0 ? ['overview'] : kept(dropped);
  const path: Segment[] = [' ', ['title', title]];
  for (const crumb of shown) path.push(['dim', separator], crumb);
  return leftRight(path, [go, ' '], width);
}

const separator = ' › ';

/** What a screen is called in the path and in the list of marks. */
export function crumbText(screen: Screen): string {
  switch (screen.kind) {
    case 'overview':
    case 'spans':
      return screen.kind;
    case 'span':
      return screen.address;
    case 'gc':
    case 'arenas':
    case 'findings':
    case 'how':
    case 'marks':
      return screen.kind;
    case 'goroutines':
      return screen.like === null ? 'goroutines' : `like ${screen.like}`;
    case 'threads':
      return screen.kind;
    case 'goroutine':
      return `goroutine ${screen.goid}`;
    case 'thread':
      return `thread ${screen.tid}`;
    case 'pointers':
      return `stacks to ${screen.address}`;
    case 'finding':
      return screen.name;
    case 'find':
      return `find ${screen.address}`;
    case 'histogram':
      return `${screen.column} histogram`;
    case 'memory':
      return `memory ${screen.address}`;
    case 'layouts':
      return screen.name === '' ? 'layouts' : `layout ${screen.name}`;
    case 'struct':
      return screen.struct;
    case 'layout-diff':
      return `${screen.a} → ${screen.b}`;
  }
}
