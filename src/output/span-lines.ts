// `spans --format ndjson` without bits: rows written as bytes straight from the columns, a million a second or two. What it gives is spanRowJson's
// text, byte for byte; a row that needs more than its columns (unreadable, saturated, …) is handed to that function.
import { type SpanSource, spanRow } from '../analysis/span-rows.js';
import { stateFree, stateInuse } from '../runtime/span-table.js';
import { spanRowJson } from './span-json.js';

const ascii = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const hexDigits = ascii('0123456789abcdef');

const text = {
  addr: ascii('{"addr":"0x'),
  base: ascii('","base":"0x'),
  npages: ascii('","npages":'),
  state: ascii(',"state":"'),
  inuse: ascii('inuse'),
  manual: ascii('manual'),
  free: ascii('free'),
  spanclass: ascii('","spanclass":'),
  sizeclass: ascii(',"sizeclass":'),
  scan: ascii(',"noscan":false,"elemsize":'),
  noscan: ascii(',"noscan":true,"elemsize":'),
  nelems: ascii(',"nelems":'),
  freeindex: ascii(',"freeindex":'),
  allocCount: ascii(',"allocCount":'),
  allocated: ascii(',"allocated":'),
  sweepgen: ascii(',"sweepgen":'),
  limit: ascii(',"limit":"0x'),
  end: ascii('"}\n'),
};

/** More than any row without bits is long. */
const longestRow = 2048;

export class SpanLines {
  readonly #source: SpanSource;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #bytes = new Uint8Array(1 << 17);
  #at = 0;

  /** `write` gets the bytes piece by piece, each only until it returns. */
  constructor(source: SpanSource, write: (bytes: Uint8Array) => void) {
    this.#source = source;
    this.#write = write;
  }

  /** One row and a newline. */
  add(row: number): void {
    if (this.#at > this.#bytes.length - longestRow) this.flush();
    const { table } = this.#source;
    if (table.flags[row] !== 0) {
      this.#text(ascii(`${spanRowJson(spanRow(this.#source, row, false))}\n`));
      return;
    }
    const state = table.state[row];
    const spanclass = table.spanclass[row]!;
    this.#text(text.addr);
    this.#hex(table.addr[row]!);
    this.#text(text.base);
    this.#hex(table.base[row]!);
    this.#text(text.npages);
    this.#decimal(table.npages[row]!);
    this.#text(text.state);
    this.#text(state === stateInuse ? text.inuse : state === stateFree ? text.free : text.manual);
    this.#text(text.spanclass);
    this.#decimal(spanclass);
    this.#text(text.sizeclass);
    this.#decimal(spanclass >> 1);
    this.#text((spanclass & 1) === 1 ? text.noscan : text.scan);
    this.#decimal(table.elemsize[row]!);
    this.#text(text.nelems);
    this.#decimal(table.nelems[row]!);
    this.#text(text.freeindex);
    this.#decimal(table.freeindex[row]!);
    this.#text(text.allocCount);
    this.#decimal(table.allocCount[row]!);
    this.#text(text.allocated);
    this.#decimal(table.allocated[row]!);
    this.#text(text.sweepgen);
    this.#decimal(table.sweepgen[row]!);
    this.#text(text.limit);
    this.#hex(table.limit[row]!);
    this.#text(text.end);
  }

  /** Writes what is pending. */
  flush(): void {
    if (this.#at > 0) this.#write(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
  }

  #text(piece: Uint8Array): void {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < piece.length; i += 1) bytes[at++] = piece[i]!;
    this.#at = at;
  }

  /** A whole number below 2^53 in hex, without leading zeros. */
  #hex(value: number): void {
    const bytes = this.#bytes;
    const low = (value % 4294967296) | 0;
    const high = (value - (low >>> 0)) / 4294967296;
    let digits = 1;
    for (let rest = value; rest >= 16; rest /= 16) digits += 1;
    for (let i = digits - 1; i >= 0; i -= 1) {
      const nibble = i < 8 ? (low >>> (i * 4)) & 15 : (high >>> ((i - 8) * 4)) & 15;
      bytes[this.#at++] = hexDigits[nibble]!;
    }
  }

  #decimal(value: number): void {
    if (value > 0x7fffffff) {
      this.#text(ascii(String(value)));
      return;
    }
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits += 1;
    const bytes = this.#bytes;
    const end = this.#at + digits;
    let rest = value | 0;
    for (let at = end - 1; at >= this.#at; at -= 1) {
      const tenth = (rest / 10) | 0;
      bytes[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    this.#at = end;
  }
}
