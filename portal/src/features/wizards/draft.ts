/**
 * What somebody has filled in, kept in this tab until it is saved: a reload, the way back, and a new sign-in do not lose
 * it. Secrets are never kept.
 */

import { fieldsOf, type Field, type Json, type Schema } from "../../components/form/fields.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { KEPT_FORMS } from "../../sign-in/account.ts";
import type { Form, Wizard } from "./api.ts";

export interface Draft {
  /** What the form began with: a draft of what has changed meanwhile is of no use. */
  readonly beginning: Form;
  readonly form: Form;
  /** The furthest step that was shown, from 0. */
  readonly reached: number;
}

/** Return the place of a draft: one for each person and each address. */
export function placeOf(account: string, address: string): string {
  return `${KEPT_FORMS}${account} ${address}`;
}

/** Return what was filled in before, over what a form begins with now; null where nothing was. */
export function kept(place: string, beginning: Form): Draft | null {
  const text = sessionStorage.getItem(place);
  if (text === null) {
    return null;
  }
  const draft = JSON.parse(text) as Draft;
  return JSON.stringify(draft.beginning) === JSON.stringify(beginning) ? draft : null;
}

/** Keep what is filled in, or nothing at the first step of what the form begins with. */
export function keep(place: string, steps: Wizard["steps"], { beginning, form, reached }: Draft): void {
  if (reached === 0 && JSON.stringify(form) === JSON.stringify(beginning)) {
    forget(place);
    return;
  }
  sessionStorage.setItem(
    place,
    JSON.stringify({ beginning, form: withoutSecrets(steps, form), reached } satisfies Draft),
  );
}

export function forget(place: string): void {
  sessionStorage.removeItem(place);
}

/** Return a form without what nobody but the service may keep. Pure. */
export function withoutSecrets(steps: Wizard["steps"], form: Form): Form {
  return Object.fromEntries(
    Object.entries(form).map(([name, values]) => {
      const schema = steps.find((each) => each.name === name)?.schema;
      return [name, schema ? shown(fieldsOf(schema as Schema, {}), values) : values];
    }),
  );
}

function shown(fields: readonly Field[], values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const field = fields.find((each) => each.name === name);
      return field?.kind === "secret" ? [] : [[name, field === undefined ? value : inside(field, value)]];
    }),
  );
}

function inside(field: Field, value: Json | undefined): Json | undefined {
  if (typeof value !== "object" || value === null || field.fields.length === 0) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((each) => inside(field, each as Json) ?? null);
  }
  if (field.kind === "map") {
    const whole = { ...field, kind: "group" } as const;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inside(whole, each)]));
  }
  return shown(field.fields, value as Values) as Json;
}
