// Keys of the screens of goroutines, threads and what points from their stacks.
import type { Binding } from './binding.js';

const filterHelp = 'filter: any text, state=waiting reason=chan func=serve package=main !system';

export const goroutineBindings: readonly Binding[] = [
  {
    context: 'groups',
    keys: ['enter', 'l'],
    command: 'open',
    help: 'open the goroutines with this state and stack',
    hint: 'open',
  },
  {
    context: 'groups',
    keys: ['/'],
    command: 'filter',
    help: filterHelp,
    hint: 'filter',
  },
  { context: 'groups', keys: ['tab'], command: 'next-pane', help: 'goroutines one by one', hint: 'each' },
  { context: 'groups', keys: ['shift-tab'], command: 'previous-pane', help: 'goroutines one by one' },
  { context: 'groups', keys: ['a'], command: 'all', help: "the runtime's own goroutines too, or not", hint: 'all' },
  { context: 'groups', keys: ['y'], command: 'copy', help: 'copy the goid of the first' },

  {
    context: 'goroutines',
    keys: ['enter', 'l'],
    command: 'open',
    help: 'open the stack of the goroutine',
    hint: 'open',
  },
  {
    context: 'goroutines',
    keys: ['/'],
    command: 'filter',
    help: filterHelp,
    hint: 'filter',
  },
  { context: 'goroutines', keys: ['tab'], command: 'next-pane', help: 'groups of one stack', hint: 'groups' },
  { context: 'goroutines', keys: ['shift-tab'], command: 'previous-pane', help: 'groups of one stack' },
  { context: 'goroutines', keys: ['a'], command: 'all', help: "the runtime's own goroutines too, or not", hint: 'all' },
  { context: 'goroutines', keys: ['s'], command: 'sort', help: 'sort by the chosen column', hint: 'sort' },
  { context: 'goroutines', keys: ['S'], command: 'reverse', help: 'sort the other way round' },
  { context: 'goroutines', keys: ['<'], command: 'column-left', help: 'choose the column to the left' },
  {
    context: 'goroutines',
    keys: ['>'],
    command: 'column-right',
    help: 'choose the column to the right',
    hint: 'column',
  },
  { context: 'goroutines', keys: ['x'], command: 'bytes', help: 'memory of the g' },
  { context: 'goroutines', keys: ['y'], command: 'copy', help: 'copy the goid' },

  {
    context: 'goroutine',
    keys: ['enter', 'l'],
    command: 'open',
    help: "the frame's slots: its memory, each pointer followed",
    hint: 'slots',
  },
  { context: 'goroutine', keys: ['a'], command: 'all', help: "with the runtime's own frames, or without", hint: 'all' },
  { context: 'goroutine', keys: ['f'], command: 'find', help: 'what the pc is' },
  { context: 'goroutine', keys: ['x'], command: 'bytes', help: 'memory at the pc' },
  { context: 'goroutine', keys: ['y'], command: 'copy', help: 'copy the pc' },

  { context: 'threads', keys: ['enter', 'l'], command: 'open', help: 'open the stack of the thread', hint: 'open' },
  { context: 'threads', keys: ['x'], command: 'bytes', help: 'memory at the pc' },
  { context: 'threads', keys: ['y'], command: 'copy', help: 'copy the thread ID' },

  {
    context: 'thread',
    keys: ['enter', 'l'],
    command: 'open',
    help: "the frame's slots: its memory, each pointer followed",
    hint: 'slots',
  },
  { context: 'thread', keys: ['a'], command: 'all', help: "with the runtime's own frames, or without", hint: 'all' },
  { context: 'thread', keys: ['o'], command: 'goroutine', help: 'the goroutine that it runs', hint: 'goroutine' },
  { context: 'thread', keys: ['f'], command: 'find', help: 'what the pc is' },
  { context: 'thread', keys: ['x'], command: 'bytes', help: 'memory at the pc' },
  { context: 'thread', keys: ['y'], command: 'copy', help: 'copy the pc' },

  { context: 'pointers', keys: ['enter', 'l'], command: 'open', help: 'the frame that holds the word', hint: 'frame' },
  { context: 'pointers', keys: ['x'], command: 'bytes', help: 'memory where the word stands', hint: 'memory' },
  { context: 'pointers', keys: ['y'], command: 'copy', help: 'copy where the word stands' },
];
