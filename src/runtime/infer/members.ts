// Fields that were told by path (`sched.sp`) as layouts have them: a member of a struct type, and that struct on its own.

import type { Layout } from '../../layout/types.js';
import { inOffsetOrder } from './confidence.js';
import { sure } from './contest.js';
import type { InferredField, InferredStruct } from './inference.js';

/** A member that fields were told of. */
export interface Member {
  readonly name: string;
  /** The member's own type. */
  readonly type: string;
  /** The field at its start. */
  readonly first: string;
  /** The field at its end, by which its size is known; where that was not told the size is not sure. */
  readonly last: string;
}

/** Of several places that fit as well, the one at which another release has the field, if it is among them: still a tie. */
export function asIn(near: Layout, struct: InferredStruct): InferredStruct {
  const fields = struct.fields.map((field) => {
    const own = near.field(struct.name, field.name)?.offset;
    if (own === undefined || own === field.offset || !field.alternatives.includes(own)) return field;
    const alternatives = [field.offset, ...field.alternatives].filter((other) => other !== own).sort((a, b) => a - b);
    return { ...field, offset: own, alternatives, why: `${field.why}; stands there in ${near.name}` };
  });
  return { ...struct, fields: inOffsetOrder(fields) };
}

/**
 * The struct with its members, and theirs; fields of members whose first field was not told are left out. A member whose end was not told is taken to be as long
 * as in `near`.
 */
export function withMembers(
  struct: InferredStruct,
  members: readonly Member[],
  near: Layout,
): readonly InferredStruct[] {
  const own: InferredField[] = struct.fields.filter(({ name }) => !name.includes('.'));
  const parts: InferredStruct[] = [];
  for (const { name, type, first, last } of members) {
    const fields = struct.fields.filter((field) => field.name.startsWith(`${name}.`));
    const start = fields.find((field) => field.name === `${name}.${first}`);
    if (!start) continue;
    const inside = fields
      .filter(({ offset }) => offset >= start.offset)
      .map((field) => ({
        ...field,
        name: field.name.slice(name.length + 1),
        offset: field.offset - start.offset,
        alternatives: field.alternatives.filter((other) => other >= start.offset).map((other) => other - start.offset),
        // Where the member itself may stand elsewhere, so may what is in it.
        confidence: Math.min(field.confidence, start.confidence),
      }));
    const end = inside.find((field) => field.name === last);
    const told = Math.max(...inside.map((field) => field.offset + field.size));
    const known = end !== undefined && end.confidence > sure;
    const { offset, alternatives, why } = start;
    const size = known ? told : Math.max(told, near.struct(type)?.size ?? 0);
    const confidence = known ? start.confidence : Math.min(start.confidence, sure);
    own.push({ name, type, offset, size, confidence, alternatives, why: `begins with ${first}: ${why}` });
    parts.push({ name: type, size: known ? size : undefined, fields: inOffsetOrder(inside) });
  }
  return [{ ...struct, fields: inOffsetOrder(own) }, ...parts];
}
