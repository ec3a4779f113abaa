// The part of buffer-layout 1.2.2 that struct-codec.ts uses; it ships no types.
declare module 'buffer-layout' {
  /** Describes how one value stands in a Buffer; `span` is its length in bytes. */
  export class Layout<T = unknown> {
    constructor(span: number, property?: string);
    readonly span: number;
    readonly property: string | undefined;
    decode(buffer: Buffer, offset?: number): T;
    getSpan(buffer?: Buffer, offset?: number): number;
  }
  export class Structure extends Layout<Record<string, unknown>> {
    constructor(fields: readonly Layout[], property?: string);
  }
  export class Sequence<T> extends Layout<T[]> {
    constructor(element: Layout<T>, count: number, property?: string);
  }
  export class UInt extends Layout<number> {}
  export class UIntBE extends Layout<number> {}
  export class Int extends Layout<number> {}
  export class IntBE extends Layout<number> {}
  export class Blob extends Layout<Buffer> {
    constructor(length: number, property?: string);
  }
  export function f32(property?: string): Layout<number>;
  export function f32be(property?: string): Layout<number>;
  export function f64(property?: string): Layout<number>;
  export function f64be(property?: string): Layout<number>;
}
