// Does what was typed after `:`, or what a digit stands for: opens screens, quits, or says what is wrong.

import type { ParsedCommand } from './command.js';
import { exportView } from './export.js';
import type { AppServices } from './hooks/use-app.js';
import { allSpans, findAt, goroutineAt, goroutinesWith, memoryAt, pointersTo, spanAt } from './navigation.js';
import type { Program } from './program.js';
import type { NewScreen } from './screen-state.js';
import { start } from './scrolling.js';

export function runCommand(app: AppServices, command: ParsedCommand, props: Program): void {
  const { navigation } = app;
  const go = (screen: NewScreen) => navigation.dispatch({ type: 'go', screen });
  switch (command.kind) {
    case 'none':
      return;
    case 'error':
      app.notify(command.text, true);
      return;
    case 'quit':
      props.onQuit();
      return;
    case 'refresh':
      app.session.refresh();
      return;
    case 'help':
      navigation.dispatch({ type: 'help', help: { filter: '', place: start } });
      return;
    case 'overview':
      go({ kind: 'overview', place: start });
      return;
    case 'spans': {
      const open = navigation.get().stack.find((screen) => screen.kind === 'spans');
      const query =
        command.filter === undefined && open?.kind === 'spans'
          ? open.query
          : { ...allSpans, filter: command.filter ?? '' };
      go({ kind: 'spans', place: start, query, column: 'base', seek: undefined });
      return;
    }
    case 'goto': {
      const open = navigation.get().stack.find((screen) => screen.kind === 'spans');
      const query = open?.kind === 'spans' ? open.query : allSpans;
      go({ kind: 'spans', place: start, query, column: 'base', seek: command.address });
      return;
    }
    case 'span':
      app.push(spanAt(command.address));
      return;
    case 'last-span':
      if (app.known.lastSpan === undefined)
        app.notify('no span was looked at yet: Enter on a row of :spans opens one', true);
      else go(spanAt(app.known.lastSpan));
      return;
    case 'memory':
      app.push(memoryAt(command.address, command.length));
      return;
    case 'find':
      app.push(findAt(command.address));
      return;
    case 'goroutines': {
      const open = navigation.get().stack.find((screen) => screen.kind === 'goroutines');
      go(goroutinesWith(command.filter ?? (open?.kind === 'goroutines' ? open.filter : '')));
      return;
    }
    case 'goroutine':
      app.push(goroutineAt(command.goid));
      return;
    case 'last-goroutine':
      if (app.known.lastGoroutine === undefined)
        app.notify('no goroutine was looked at yet: Enter on a row of :goroutines opens one', true);
      else go(goroutineAt(app.known.lastGoroutine));
      return;
    case 'thread':
      app.push({ kind: 'thread', tid: command.tid, all: true, place: start });
      return;
    case 'pointers':
      app.push(pointersTo(command.address, command.length, ''));
      return;
    case 'gc':
      go({ kind: 'gc', pane: 'pacing', place: start, filter: '' });
      return;
    case 'arenas':
      go({ kind: 'arenas', place: start, pagesPerCell: 0, mode: 'occupancy' });
      return;
    case 'findings':
    case 'how':
    case 'marks':
    case 'threads':
      go({ kind: command.kind, place: start, search: '' });
      return;
    case 'histogram': {
      const open = navigation.get().stack.find((screen) => screen.kind === 'spans');
      const query = open?.kind === 'spans' ? open.query : allSpans;
      app.push({ kind: 'histogram', query, column: command.column, place: start, search: '' });
      return;
    }
    case 'jump': {
      const mark = navigation.get().marks.at(-1);
      if (mark === undefined) app.notify('nothing is marked yet: m marks a place', true);
      else app.push(mark);
      return;
    }
    case 'export':
      void exportView(app, command.path, props);
      return;
    case 'layouts':
      showLayouts(app, command);
  }
}

function showLayouts(app: AppServices, { a, b, struct }: Extract<ParsedCommand, { kind: 'layouts' }>): void {
  // A release without an arch means the arch of what is open.
  const arch = app.session.opened?.goText.split('/').at(-1);
  const full = (release: string) =>
    release.includes('/') || arch === undefined || arch === '' ? release : `${release}/${arch}`;
  if (a !== undefined && b !== undefined)
    app.push({ kind: 'layout-diff', a: full(a), b: full(b), struct, place: start, search: '' });
  else if (struct !== undefined)
    app.push({ kind: 'struct', name: a === undefined ? '' : full(a), struct, place: start, search: '' });
  else
    app.navigation.dispatch({
      type: 'go',
      screen: {
        kind: 'layouts',
        name: a === undefined ? '' : full(a),
        pane: 'structs',
        place: start,
        filter: '',
        marked: undefined,
      },
    });
}
