// How sure an inferred offset is, by how many structs bear it out and what else fits: one scale for all structs.
import type { InferredField } from './inference.js';

interface Told {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly why: string;
}

/** Nothing else fits. Above 0.9 only where three structs at least bear it out. */
export function unique(told: Told, offset: number, witnesses: number, share = 1): InferredField {
  const sure = witnesses >= 8 ? 0.98 : witnesses >= 3 ? 0.95 : 0.85;
  return { ...told, offset, confidence: round(sure * share), alternatives: [] };
}

/** Several fit: `offset` is taken for a reason that is no proof. */
export function tied(told: Told, offset: number, fitting: readonly number[]): InferredField {
  const alternatives = fitting.filter((other) => other !== offset).sort((a, b) => a - b);
  return { ...told, offset, confidence: round(Math.min(0.7, 1 / (1 + alternatives.length))), alternatives };
}

/** The only one of `fitting`, or the first of several as a tie; nothing where none fits. */
export function oneOf(told: Told, fitting: readonly number[], witnesses: number): InferredField[] {
  const first = fitting[0];
  if (first === undefined) return [];
  return [fitting.length === 1 ? unique(told, first, witnesses) : tied(told, first, fitting)];
}

export const inOffsetOrder = (fields: readonly InferredField[]): readonly InferredField[] =>
  fields.toSorted((a, b) => a.offset - b.offset || a.size - b.size);

const round = (value: number): number => Math.round(value * 100) / 100;
