// Which structs a layout table holds: these, and every struct that stands in them by value. Names as in layouts (without `runtime.`).

/** `workType` is the type of the variable runtime.work, anonymous up to 1.18. Structs a release does not have are left out. */
export const rootStructs: readonly string[] = [
  ...[
    'mheap',
    'mspan',
    'mcentral',
    'spanSet',
    'spanSetBlock',
    'mcache',
    'heapArena',
    'arenaHint',
    'gcBitsArena',
    'fixalloc',
  ],
  ...[
    'pageAlloc',
    'pallocData',
    'pageCache',
    'stackpoolItem',
    'linearAlloc',
    'gcSweepBuf',
    'gcSweepBlock',
    'treapNode',
    'spanSPMC',
  ],
  ...['gcControllerState', 'gcCPULimiterState', 'workType', 'gcWork', 'workbuf', 'sweepdata'],
  ...['mstats', 'heapStatsDelta', 'consistentHeapStats'],
  ...['schedt', 'g', 'gobuf', 'stack', 'm', 'p', 'sudog', '_defer', '_panic', 'hchan', 'waitq', 'timer', 'timers'],
  ...['synctestGroup', 'synctestBubble'],
  ...['moduledata', 'pcHeader', 'functab', 'textsect', '_func', 'findfuncbucket', 'inlinedCall', 'stackObjectRecord'],
  ...['special', 'specialfinalizer', 'specialprofile', 'specialReachable', 'specialPinCounter', 'specialWeakHandle'],
  ...['specialCleanup', 'specialCheckFinalizer', 'specialTinyBlock', 'specialBubble', 'specialSecret', 'specialsIter'],
  ...['finblock', 'finalizer', 'bucket', 'memRecord', 'memRecordCycle', 'blockRecord'],
  ...['_type', 'itab', 'eface', 'iface'],
];

/** Layout names whose DWARF name is another one; tried in this order. */
export const dwarfNames: Readonly<Record<string, readonly string[]>> = {
  _type: ['internal/abi.Type', 'runtime._type'],
  itab: ['internal/abi.ITab', 'runtime.itab'],
  workType: ['runtime.workType'],
};

/** Structs that are the type of a variable where no type has the name. */
export const dwarfVariables: Readonly<Record<string, string>> = { workType: 'runtime.work' };
