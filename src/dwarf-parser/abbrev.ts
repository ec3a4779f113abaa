// Abbreviation tables: what attributes a DIE has and in which forms. Declarations are parsed up to the code that is asked
// for, and each is compiled into a plan that passes over a DIE in few steps (runs of fixed-size values become one skip).

import { AT, FORM, LIMIT } from './constants.js';
import { Cursor } from './cursor.js';
import { DwarfError } from './errors.js';
import { type Encoding, stepOver } from './forms.js';
import type { Section } from './section.js';

export interface AttributeSpec {
  readonly attribute: number;
  readonly form: number;
  /** Only for DW_FORM_implicit_const. */
  readonly implicit: number | bigint | undefined;
}

export interface Abbrev {
  readonly code: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: readonly AttributeSpec[];
  /**
   * Steps as forms.ts has them; before the step of DW_AT_name and DW_AT_sibling stands a mark (`MARK`), and such a step is
   * not merged with its neighbours.
   */
  readonly plan: readonly number[];
  /** Undefined where there is no such attribute. */
  readonly name: AttributeSpec | undefined;
  readonly sibling: AttributeSpec | undefined;
  readonly isDeclaration: boolean;
  readonly hasSpecification: boolean;
}

/** Marks in a plan, below every step of forms.ts. */
export const MARK = { name: -100, sibling: -101 } as const;

/** Counts attribute specifications over all tables of a file, so that overlapping tables can't cost time without end. */
export interface AbbrevBudget {
  left: number;
}

/** One table, read as far as it was needed. */
export class AbbrevTable {
  private readonly cursor: Cursor;
  private readonly encoding: Encoding;
  private readonly budget: AbbrevBudget;
  private readonly byCode = new Map<number, Abbrev>();
  private ended = false;

  constructor(section: Section, offset: number, encoding: Encoding, budget: AbbrevBudget) {
    this.cursor = new Cursor(section, offset);
    this.encoding = encoding;
    this.budget = budget;
  }

  get(code: number): Abbrev | undefined {
    let found = this.byCode.get(code);
    while (found === undefined && !this.ended) {
      const next = this.parseNext();
      if (next?.code === code) {
        found = next;
      }
    }
    return found;
  }

  /** A declaration that fails is tried again, and fails again, at the next question. */
  private parseNext(): Abbrev | undefined {
    const start = this.cursor.offset;
    try {
      return this.parseDeclaration();
    } catch (error) {
      this.cursor.seek(start);
      throw error;
    }
  }

  private parseDeclaration(): Abbrev | undefined {
    const { cursor } = this;
    const code = cursor.ulebNumber();
    if (code === 0) {
      this.ended = true;
      return undefined;
    }
    const tag = cursor.ulebNumber();
    const hasChildren = cursor.u8() !== 0;
    const abbrev = compile(code, tag, hasChildren, this.parseAttributes(), this.encoding);
    if (!this.byCode.has(code)) {
      this.byCode.set(code, abbrev);
    }
    return abbrev;
  }

  private parseAttributes(): AttributeSpec[] {
    const { cursor } = this;
    const attributes: AttributeSpec[] = [];
    for (;;) {
      const at = cursor.offset;
      const attribute = cursor.ulebNumber();
      const form = cursor.ulebNumber();
      if (attribute === 0 && form === 0) {
        return attributes;
      }
      if (stepOver(form, this.encoding) === undefined) {
        throw new DwarfError(cursor.section.name, at, `a known form, not 0x${form.toString(16)}`);
      }
      if (--this.budget.left < 0) {
        throw new DwarfError(cursor.section.name, at, `at most ${LIMIT.abbrevAttributes} attributes in all tables`);
      }
      attributes.push({ attribute, form, implicit: form === FORM.implicitConst ? cursor.sleb() : undefined });
    }
  }
}

function compile(
  code: number,
  tag: number,
  hasChildren: boolean,
  attributes: readonly AttributeSpec[],
  encoding: Encoding,
): Abbrev {
  const plan: number[] = [];
  let run = 0;
  const endRun = (): void => {
    if (run > 0) {
      plan.push(run);
      run = 0;
    }
  };
  const first = (attribute: number): AttributeSpec | undefined => attributes.find((a) => a.attribute === attribute);
  const name = first(AT.name);
  const sibling = hasChildren ? first(AT.sibling) : undefined;
  for (const spec of attributes) {
    const step = stepOver(spec.form, encoding) as number;
    if (spec === name || spec === sibling) {
      endRun();
      plan.push(spec === name ? MARK.name : MARK.sibling, step);
    } else if (step >= 0) {
      run += step;
    } else {
      endRun();
      plan.push(step);
    }
  }
  endRun();
  return {
    code,
    tag,
    hasChildren,
    attributes,
    plan,
    name,
    sibling,
    isDeclaration: first(AT.declaration) !== undefined,
    hasSpecification: first(AT.specification) !== undefined,
  };
}
