// Keys of marks and layouts, those that many screens have in common, and those of the help and the prompt.
import type { Binding } from './binding.js';

export const generalBindings: readonly Binding[] = [
  { context: 'marks', keys: ['enter', 'l'], command: 'open', help: 'go to the marked place', hint: 'go' },
  { context: 'marks', keys: ['y'], command: 'copy', help: 'copy the line' },

  { context: 'layouts', keys: ['enter', 'l'], command: 'open', help: 'open the struct or the release', hint: 'open' },
  {
    context: 'layouts',
    keys: ['tab'],
    command: 'next-pane',
    help: 'structs, releases, whether the table is right',
    hint: 'pane',
  },
  { context: 'layouts', keys: ['shift-tab'], command: 'previous-pane', help: 'the pane before' },
  { context: 'layouts', keys: ['d'], command: 'diff', help: 'compare releases: d on the one, then d on the other' },
  {
    context: 'layouts',
    keys: ['v'],
    command: 'verify',
    help: 'verify the table: by DWARF, by the image',
    hint: 'verify',
  },
  { context: 'layouts', keys: ['/'], command: 'filter', help: 'show only names with this text' },
  { context: 'layouts', keys: ['y'], command: 'copy', help: 'copy the name' },

  {
    context: 'struct',
    keys: ['v'],
    command: 'verify',
    help: 'verify the table: by DWARF, by the image',
    hint: 'verify',
  },
  { context: 'struct', keys: ['y'], command: 'copy', help: 'copy the field' },

  { context: 'layout-diff', keys: ['y'], command: 'copy', help: 'copy the row' },

  { context: 'textview', keys: ['/'], command: 'search', help: 'search for a text', hint: 'search' },
  { context: 'textview', keys: ['n'], command: 'next-match', help: 'next match' },
  { context: 'textview', keys: ['N'], command: 'previous-match', help: 'previous match' },

  { context: 'moving', keys: ['j', 'down'], command: 'down', help: 'down' },
  { context: 'moving', keys: ['k', 'up'], command: 'up', help: 'up' },

  { context: 'list', keys: ['g', 'home'], command: 'top', help: 'to the first' },
  { context: 'list', keys: ['G', 'end'], command: 'bottom', help: 'to the last' },

  { context: 'moving', keys: ['ctrl-d'], command: 'half-down', help: 'half a page down' },
  { context: 'moving', keys: ['ctrl-u'], command: 'half-up', help: 'half a page up' },
  { context: 'moving', keys: ['pagedown', 'ctrl-f', 'space'], command: 'page-down', help: 'a page down' },
  { context: 'moving', keys: ['pageup', 'ctrl-b'], command: 'page-up', help: 'a page up' },

  { context: 'screen', keys: [':'], command: 'command', help: 'command line (Tab completes)', hint: 'command' },
  { context: 'screen', keys: ['?'], command: 'help', help: 'this help', hint: 'help' },
  { context: 'screen', keys: ['1'], command: 'to-overview', help: 'overview' },
  { context: 'screen', keys: ['2'], command: 'to-spans', help: 'spans' },
  { context: 'screen', keys: ['3'], command: 'to-span', help: 'the span looked at last' },
  { context: 'screen', keys: ['4'], command: 'to-arenas', help: 'arenas: a map of the heap' },
  { context: 'screen', keys: ['5'], command: 'to-gc', help: 'GC controller' },
  { context: 'screen', keys: ['6'], command: 'to-goroutines', help: 'goroutines' },
  { context: 'screen', keys: ['7'], command: 'to-goroutine', help: 'the goroutine looked at last' },
  { context: 'screen', keys: ['8'], command: 'to-layouts', help: 'layouts' },
  { context: 'screen', keys: ['0'], command: 'to-findings', help: 'findings' },
  { context: 'screen', keys: ['m'], command: 'mark', help: 'mark this place' },
  { context: 'screen', keys: ["'"], command: 'jump', help: 'jump to the last mark (:marks lists them)' },
  { context: 'screen', keys: ['e'], command: 'export', help: 'write this view to a file' },
  { context: 'screen', keys: ['esc', 'h'], command: 'back', help: 'cancel what runs, clear the filter, else go back' },
  { context: 'screen', keys: ['q'], command: 'quit-screen', help: 'back; on the first screen: quit', hint: 'back' },
  { context: 'screen', keys: ['w'], command: 'how', help: 'how version, layout and roots were found', hint: 'how' },
  { context: 'screen', keys: ['ctrl-c'], command: 'quit', help: 'quit' },
  { context: 'screen', keys: ['ctrl-z'], command: 'suspend', help: 'to the shell; its fg comes back' },
  { context: 'screen', keys: ['r', 'ctrl-l'], command: 'redraw', help: 'draw the screen anew' },

  { context: 'help', keys: ['esc', 'q', '?', 'h'], command: 'close', help: 'close the help', hint: 'close' },
  { context: 'help', keys: ['/'], command: 'filter', help: 'show only lines with this text', hint: 'filter' },
  { context: 'help', keys: [':'], command: 'command', help: 'command line' },
  { context: 'help', keys: ['ctrl-z'], command: 'suspend', help: 'to the shell; its fg comes back' },
  { context: 'help', keys: ['ctrl-c'], command: 'quit', help: 'quit' },

  { context: 'prompt', keys: ['enter'], command: 'accept', help: 'do it', hint: 'do it' },
  { context: 'prompt', keys: ['esc'], command: 'cancel', help: 'leave the prompt', hint: 'cancel' },
  { context: 'prompt', keys: ['tab'], command: 'complete', help: 'complete the word', hint: 'complete' },
  { context: 'prompt', keys: ['backspace'], command: 'erase', help: 'erase a character' },
  { context: 'prompt', keys: ['up'], command: 'recall', help: 'what was typed here last' },
  { context: 'prompt', keys: ['ctrl-u'], command: 'erase-all', help: 'erase all' },
  { context: 'prompt', keys: ['ctrl-z'], command: 'suspend', help: 'to the shell; its fg comes back' },
  { context: 'prompt', keys: ['ctrl-c'], command: 'quit', help: 'quit' },
];
