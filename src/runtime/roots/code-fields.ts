// A second look by code at a variable whose memory can't tell it yet: functions that use its fields and not its start, each field where the layout has it. Other functions than those that
// a variable is found by, and other addresses. Sources: runtime/mgc.go, mgcmark.go.
import type { RootName } from './names.js';
import type { Scene } from './validate.js';

interface FieldUses {
  readonly struct: string;
  /** By function, what it refers to. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/** Up to 1.16 gcController is all zeros before the first cycle. Seen in every release from 1.9 to 1.16 on amd64, and on arm64, 386, s390x and mips. */
const fieldUses: Partial<Readonly<Record<RootName, FieldUses>>> = {
  'runtime.gcController': {
    struct: 'gcControllerState',
    fields: {
      gcBgMarkWorker: ['dedicatedMarkTime', 'dedicatedMarkWorkersNeeded', 'fractionalMarkTime', 'idleMarkTime'],
      gcMarkTermination: ['assistTime', 'dedicatedMarkTime', 'fractionalMarkTime', 'idleMarkTime'],
      gcAssistAlloc: ['assistWorkPerByte', 'assistBytesPerWork', 'bgScanCredit'],
      gcAssistAlloc1: ['assistBytesPerWork', 'assistTime'],
      gcFlushBgCredit: ['assistWorkPerByte', 'assistBytesPerWork', 'bgScanCredit'],
    },
  },
};

/** Functions whose names must be known for `fieldsBearOut`. */
export const fieldFunctions: readonly string[] = Object.values(fieldUses).flatMap(({ fields }) => Object.keys(fields));

const fewestFunctions = 3;

/**
 * Whether all of the functions refer to all of their fields of a variable at `address`. `referencesOf`: what a function refers to, undefined where the program lacks it or its code can't be
 * read. Undefined where too few of them are known to tell.
 */
export function fieldsBearOut(
  name: RootName,
  { layout }: Scene,
  address: number,
  referencesOf: (fn: string) => ReadonlySet<number> | undefined,
): boolean | undefined {
  const uses = fieldUses[name];
  if (!uses) return undefined;
  let known = 0;
  for (const [fn, paths] of Object.entries(uses.fields)) {
    const offsets = paths.map((path) => layout.field(uses.struct, path)?.offset);
    const references = referencesOf(fn);
    if (!references || offsets.includes(undefined)) continue;
    if (!offsets.every((offset) => references.has(address + offset!))) return false;
    known += 1;
  }
  return known >= fewestFunctions ? true : undefined;
}
