// Finding a text in the rows of a text view, from the cursor on, round the end.

/** The next row (by `step` 1 or -1) that has `text`, the present one last; -1 if none has. Case does not matter. */
export function searchFrom(rows: readonly string[], text: string, from: number, step: 1 | -1): number {
  if (text === '' || rows.length === 0) return -1;
  const wanted = text.toLowerCase();
  for (let n = 1; n <= rows.length; n++) {
    const at = (((from + n * step) % rows.length) + rows.length) % rows.length;
    if (rows[at]?.toLowerCase().includes(wanted)) return at;
  }
  return -1;
}
