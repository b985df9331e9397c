/** What somebody has entered in a wizard, by its labels, for the step in which all of it is reviewed. Pure. */

import { fieldsOf, type Choice, type Field, type Json, type Schema } from "../../components/form/fields.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { moment } from "../../components/moments.ts";
import { words as shellWords } from "../../words/shell.ts";
import { words } from "../../words/wizards.ts";
import type { Form, Wizard } from "./api.ts";

type Step = Wizard["steps"][number];
/** Every choice that was offered so far: step -> field -> choices. A search in a later step does not take one away. */
export type Offered = Readonly<Record<string, Readonly<Record<string, readonly Choice[]>>>>;

interface EnteredStep {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly EnteredRow[];
}

interface EnteredRow {
  readonly path: string;
  readonly label: string;
  readonly text: string;
}

/** Return what was offered before and is offered now. */
export function offeredOf(before: Offered, steps: Wizard["steps"]): Offered {
  return Object.fromEntries(
    steps.map(({ name, choices }) => {
      const fields = Object.entries(choices as Readonly<Record<string, readonly Choice[]>>);
      return [
        name,
        Object.fromEntries(fields.map(([field, now]) => [field, [...now, ...missing(before[name]?.[field], now)]])),
      ];
    }),
  );
}

function missing(before: readonly Choice[] = [], now: readonly Choice[]): Choice[] {
  const known = new Set(now.map(({ value }) => value));
  return before.filter(({ value }) => !known.has(value));
}

/** Return each step that asks for something, with every field of it and what it has. */
export function enteredOf(steps: Wizard["steps"], form: Form, offered: Offered): EnteredStep[] {
  return steps
    .filter(({ schema }) => schema !== null)
    .map((step) => ({ name: step.name, title: step.title, rows: rowsOf(step, form, offered) }));
}

function rowsOf({ name, schema }: Step, form: Form, offered: Offered): EnteredRow[] {
  return flat(fieldsOf(schema as Schema, offered[name] ?? {}), form[name] ?? {}, "");
}

/** The fields of a group stand beside the others, with its name before theirs. */
function flat(fields: readonly Field[], values: Values, group: string): EnteredRow[] {
  return fields.flatMap((field) => {
    const value = values[field.name];
    const label = group === "" ? field.label : `${group}: ${field.label}`;
    return field.kind === "group" && isObject(value)
      ? flat(field.fields, value, label)
      : [{ path: field.path, label, text: textOf(field, value) }];
  });
}

function textOf(field: Field, value: Json | undefined): string {
  if (isNothing(value)) {
    return words.notEntered;
  }
  if (field.kind === "secret") {
    return words.secret;
  }
  if (typeof value === "boolean") {
    return value ? shellWords.yes : shellWords.no;
  }
  if (field.kind === "rows" && Array.isArray(value)) {
    return (value as readonly Values[]).map((row) => partsOf(field.fields, row)).join("; ");
  }
  if (field.kind === "map" && isObject(value)) {
    return Object.entries(value)
      .map(([name, each]) => `${name}: ${valueIn(field.fields, each)}`)
      .join("; ");
  }
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((each) => titleIn(field, each)).join(", ");
  }
  return isObject(value)
    ? JSON.stringify(value)
    : field.kind === "moment"
      ? moment(String(value))
      : titleIn(field, value);
}

/** The value of a map's row: its one field, or all of them. */
function valueIn(fields: readonly Field[], value: Json | undefined): string {
  const [only] = fields;
  return only?.name === "" ? textOf(only, value) : partsOf(fields, isObject(value) ? value : {});
}

function partsOf(fields: readonly Field[], values: Values): string {
  return flat(fields, values, "")
    .filter(({ text }) => text !== words.notEntered)
    .map(({ label, text }) => `${label}: ${text}`)
    .join(", ");
}

function titleIn({ choices }: Field, value: Json | undefined): string {
  return choices.find((each) => each.value === String(value))?.title ?? String(value);
}

function isObject(value: Json | undefined): value is Values & Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
