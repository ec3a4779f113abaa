// `span ADDR`: the row, every field of its mspan with offset and source, and the slot map.
import { decodeStruct } from '../layout/struct-view.js';
import type { GoProcess } from '../runtime/process.js';
import { slotMap } from '../runtime/slots.js';
import { readSpanBits } from '../runtime/span-bits.js';
import type { SpanTable } from '../runtime/span-table.js';
import { schemaVersion } from './overview.js';
import type { SpanDetail } from './results.js';
import { spanRow } from './span-rows.js';

/** uintptr fields of mspan that hold addresses, and are shown as such (runtime/mheap.go). */
const addressFields: ReadonlySet<string> = new Set(['startAddr', 'limit']);

export function spanDetail(process: GoProcess, table: SpanTable, row: number): SpanDetail {
  const { memory, layout } = process;
  process.settle(row);
  const bits = readSpanBits(memory, layout, table, row);
  const map = slotMap(process, table, row, bits);
  const view = spanRow({ memory, layout, table }, row, true);
  return {
    schemaVersion,
    ...view,
    fields: decodeStruct(memory, layout, 'mspan', table.addr[row]!, { addressFields }),
    slots: map.slots,
    slotSize: view.elemsize ?? 0,
    markSource: map.markSource,
    reading: map.reading,
    sweepState: map.sweepState,
  };
}
