// Who tells structs other than mspan and mheap, once the heap is known: each gets what is known of it and answers with structs. A new one is added to the list.
import { tellScheduler } from './tell-scheduler.js';
import type { Teller } from './teller.js';

export const otherTellers: readonly Teller[] = [tellScheduler];
