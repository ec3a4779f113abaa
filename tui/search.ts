// Finding a text in the rows of a text view, from the cursor on, round the end.

/** The next row (by `step` 1 or -1) that has `text`, the present one last; -1 if none has. Case does not matter. */
export function searchFrom(rows: readonly string[], text: string, from: number, step: 1 | -1): number {
  const wanted = text.toLowerCase();
  return text === '' ? -1 : nextFitting(rows, from, step, (row) => row.toLowerCase().includes(wanted));
}

/** Where a new search goes first: the next row that has `text` as a word of its own, else the next that has it at all. */
export function searchFirst(rows: readonly string[], text: string, from: number): number {
  const wanted = text.toLowerCase();
  const asWord = (row: string) =>
    row
      .toLowerCase()
      .split(/[^\p{L}\p{N}_.]+/u)
      .includes(wanted);
  const exact = text === '' ? -1 : nextFitting(rows, from, 1, asWord);
  return exact >= 0 ? exact : searchFrom(rows, text, from, 1);
}

function nextFitting(rows: readonly string[], from: number, step: 1 | -1, fits: (row: string) => boolean): number {
  for (let n = 1; n <= rows.length; n++) {
    const at = (((from + n * step) % rows.length) + rows.length) % rows.length;
    if (fits(rows[at] ?? '')) return at;
  }
  return -1;
}
