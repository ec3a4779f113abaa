// Go type names as DWARF spells them: taking `runtime.` off, arrays apart, and telling what kind of value a name stands for.
// Knows the built-in types of the language; named ones are looked up by the caller.

/** What a value of a type is, one step deep. `struct` names are those of a Layout. */
export type TypeShape =
  | { readonly kind: 'uint' | 'int' | 'float' | 'bool' | 'complex' }
  | { readonly kind: 'pointer' }
  | { readonly kind: 'string' | 'slice' | 'interface' }
  | { readonly kind: 'array'; readonly count: number; readonly element: string }
  | { readonly kind: 'named'; readonly name: string };

const packageRuntime = /(?<![\w/.-])runtime\./g;

/** `*runtime.mspan` → `*mspan`; other packages keep their path. */
export function stripRuntime(name: string): string {
  return name.replace(packageRuntime, '');
}

const aliases: Readonly<Record<string, string>> = { 'internal/abi.Type': '_type' };

/** The name a struct has in layouts, from DWARF's name or from a field's type. */
export function structName(name: string): string {
  const stripped = stripRuntime(name);
  return aliases[stripped] ?? stripped;
}

/** `[136]struct {…}` → 136 and `struct {…}`; undefined for anything but an array. */
export function elementOf(type: string): { readonly count: number; readonly element: string } | undefined {
  const match = /^\[(\d{1,12})\]/.exec(type);
  return match === null ? undefined : { count: Number(match[1]), element: type.slice(match[0].length) };
}

const scalars: ReadonlyMap<string, TypeShape> = new Map<string, TypeShape>([
  ...['uint', 'uint8', 'uint16', 'uint32', 'uint64', 'uintptr', 'byte'].map(
    (name) => [name, { kind: 'uint' }] as const,
  ),
  ...['int', 'int8', 'int16', 'int32', 'int64', 'rune'].map((name) => [name, { kind: 'int' }] as const),
  ...['float32', 'float64'].map((name) => [name, { kind: 'float' }] as const),
  ...['complex64', 'complex128'].map((name) => [name, { kind: 'complex' }] as const),
  ['bool', { kind: 'bool' }],
  ['string', { kind: 'string' }],
  ['unsafe.Pointer', { kind: 'pointer' }],
  ['error', { kind: 'interface' }],
  ['interface', { kind: 'interface' }],
]);

/** The shape that the spelling alone tells. */
export function shapeOf(type: string): TypeShape {
  const scalar = scalars.get(type);
  if (scalar !== undefined) return scalar;
  if (type.startsWith('[]')) return { kind: 'slice' };
  const array = elementOf(type);
  if (array !== undefined) return { kind: 'array', ...array };
  if (/^(\*|func\(|map\[|chan |<-chan |chan<- )/.test(type)) return { kind: 'pointer' };
  if (type.startsWith('interface {')) return { kind: 'interface' };
  return { kind: 'named', name: structName(type) };
}
