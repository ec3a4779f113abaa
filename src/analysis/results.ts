// The results that commands and screens show: plain data in the shapes of the command-line contract, ready for JSON.
// Addresses are strings `0x…`; integers above 2^53 decimal strings; nothing here holds memory or the target.
export type * from './results-address.js';
export type * from './results-base.js';
export type * from './results-gc.js';
export type * from './results-overview.js';
export type * from './results-spans.js';
