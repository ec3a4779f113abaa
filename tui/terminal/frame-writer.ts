// The stream that Ink draws into. Ink hands over each frame whole (its `debug` mode); only the lines that changed go to the terminal,
// each addressed by its row and erased before it is written (erasing after a full line would take its last character). That keeps full-screen drawing free of flicker, never scrolls, and never clears the user's scrollback.
import { EventEmitter } from 'node:events';

const beginUpdate = '\u001b[?2026h';
const endUpdate = '\u001b[?2026l';

/** Looks to Ink like a terminal of `columns`; it is no TTY, so Ink writes nothing to it but frames. */
export class FrameWriter extends EventEmitter {
  columns: number;
  rows: number;
  private previous: readonly string[] = [];
  private stale = true;
  private open = true;
  private readonly output: { write(text: string): unknown };
  /** Frames written, for tests and measurements. */
  frames = 0;

  constructor(output: { write(text: string): unknown }, columns: number, rows: number) {
    super();
    this.output = output;
    this.columns = columns;
    this.rows = rows;
  }

  /** The terminal has another size: the next frame is drawn whole. */
  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.redraw();
  }

  /** Forget what is on the screen (after a resize, or when something else wrote to it). */
  redraw(): void {
    this.stale = true;
  }

  /** The last frame again, on a terminal that has lost it. */
  repaint(): void {
    this.stale = true;
    if (this.open && this.frames > 0) this.draw(this.previous);
  }

  /** Draws nothing from here on. */
  close(): void {
    this.open = false;
  }

  /** A sequence that is not drawing, e.g. OSC 52. */
  writeRaw(sequence: string): void {
    if (this.open) this.output.write(sequence);
  }

  write(frame: string, callback?: unknown): boolean {
    if (this.open && frame !== '') this.draw(frame.split('\n').slice(0, this.rows));
    if (typeof callback === 'function') setImmediate(callback as () => void);
    return true;
  }

  private draw(lines: readonly string[]): void {
    let out = this.stale ? '\u001b[2J' : '';
    const count = this.stale ? lines.length : Math.max(lines.length, this.previous.length);
    for (let row = 0; row < count; row++) {
      const line = lines[row] ?? '';
      if (this.stale || line !== this.previous[row]) out += `\u001b[${row + 1};1H\u001b[0m\u001b[2K${line}`;
    }
    this.previous = lines;
    this.stale = false;
    this.frames++;
    if (out !== '') this.output.write(beginUpdate + out + endUpdate);
  }
}
