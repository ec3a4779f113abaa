// The largest size classes as lines of the overview: what their spans hold, and how much of that is not in use.
import type { ClassRow } from '../../src/analysis/results.js';
import type { Mark } from '../../src/output/format.js';
import type { Line, Segment } from '../line.js';
import { bytesText, classText, grouped, percentText } from '../numbers.js';

/** Largest first: by the bytes that the class's spans hold. */
export function topClasses(classes: readonly ClassRow[]): ClassRow[] {
  return [...classes].sort((a, b) => b.inuseBytes - a.inuseBytes);
}

/** The spans of a class, as their table is filtered. */
export const classFilter = ({ sizeclass, noscan }: ClassRow) =>
  `class=${sizeclass} ${noscan ? 'noscan' : 'scan'} state=inuse`;

/** From this width on the classes stand beside their label, below it on a narrower terminal. */
const besideLabel = 76;

export function classHead(label: (text: string) => Segment, width: number): Line[] {
  const titles: Segment = ['dim', 'class  elemsize     spans  slots used      bytes   waste'];
  return width >= besideLabel
    ? [[' ', label('top classes'), titles]]
    : [
        [' ', label('top classes')],
        [' ', ' ', titles],
      ];
}

/** What stands behind the cursor's column. */
export function classLine(label: (text: string) => Segment, row: ClassRow, mark: Mark, width: number): Line {
  const waste = percentText(row.inuseBytes - row.allocBytes, row.inuseBytes);
  const text = [
    mark(classText(row.sizeclass, row.noscan)).padEnd(5),
    (row.sizeclass === 0 ? 'large' : mark(bytesText(row.elemsize))).padStart(9),
    mark(grouped(row.spans)).padStart(9),
    mark(percentText(row.objects, row.slots)).padStart(11),
    mark(bytesText(row.inuseBytes)).padStart(10),
    mark(waste).padStart(7),
  ].join(' ');
  return [width >= besideLabel ? label('') : ' ', text];
}
