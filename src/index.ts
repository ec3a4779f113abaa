// The library: open a target, read its spans, look at layouts. No terminal, no process.exit, no React.
//
//   const target = openTarget({ files: ['./server', './core'], options: {} });
//   const process = openProcess(target, {});
//   const table = process?.spans();
//   if (process && table) console.log(spanDetail(process, table, 0));
//   target.close();
export { findingsOf } from './analysis/findings.js';
export { overviewOf } from './analysis/overview.js';
export { filterRows, findRow, sortRows } from './analysis/query.js';
export { parseFilter } from './analysis/query-text.js';
export type * from './analysis/results.js';
export { spanDetail } from './analysis/span-detail.js';
export { spanRow } from './analysis/span-rows.js';
export { sumSpans } from './analysis/span-totals.js';
export { InspectError, type InspectErrorCode } from './bytes/errors.js';
export { diffLayouts } from './layout/diff.js';
export { layoutFromTable } from './layout/load.js';
export type * from './layout/results.js';
export { listLayouts, showLayout } from './layout/show.js';
export type { FieldLayout, Layout, Provenance, StructLayout, Traits } from './layout/types.js';
export { verifyLayout } from './layout/verify.js';
export { dwarfBinaryOf, type GoProcess, openProcess } from './runtime/process.js';
export type { SpanTable } from './runtime/span-table.js';
export { type OpenTargetRequest, openTarget } from './target/open.js';
export type { Target } from './target/target.js';
