// How large the terminal is, and when that changes.

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const usual: Size = { columns: 80, rows: 24 };

/** Screens are made for 80×24; they still work down to this (80×24 inside tmux is 80×23). */
export const minimumSize: Size = { columns: 60, rows: 16 };

export function sizeOf(stdout: { readonly columns?: number | undefined; readonly rows?: number | undefined }): Size {
  return { columns: stdout.columns || usual.columns, rows: stdout.rows || usual.rows };
}

/** Calls `listener` on each change; returns the way to stop that. */
export function watchSize(stdout: NodeJS.WriteStream, listener: (size: Size) => void): () => void {
  const onResize = () => listener(sizeOf(stdout));
  stdout.on('resize', onResize);
  return () => stdout.off('resize', onResize);
}
