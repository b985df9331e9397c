/** The properties of a resource that can be set, as a page shows them: derived of the document of the API. Pure. */

import { titleOf } from "../api/errors.ts";
import { FIELDS } from "../api/fields.ts";
import { duration } from "./moments.ts";

interface Field {
  readonly title: string;
  readonly form: string;
  readonly inside?: string;
}

/** In milliseconds. */
const HOUR = 3_600_000;
const HOURS = /InHours$/;

/** Return the properties that a step of the resource's wizard sets, by their titles. */
export function fieldFacts(
  fields: Readonly<Record<string, Field>>,
  step: string,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const shown = Object.entries(fields).filter(([, field]) => field.form.startsWith(`${step}/`));
  return Object.fromEntries(
    shown.map(([name, field]) => [
      field.title.replace(/ \(hours\)$/, ""),
      written(name, inner(value[name], field.inside)),
    ]),
  );
}

function inner(value: unknown, inside: string | undefined): unknown {
  return inside === undefined ? value : (value as Readonly<Record<string, unknown>> | undefined)?.[inside];
}

function written(name: string, value: unknown): unknown {
  return HOURS.test(name) && typeof value === "number" ? duration(value * HOUR) : value;
}

/** The labels of forms: name of a property -> label. */
const LABELS: ReadonlyMap<string, string> = new Map(
  Object.values(FIELDS).flatMap((fields) =>
    Object.entries<Field>(fields).map(([name, { title }]): [string, string] => [name, title]),
  ),
);

/** Return the label that forms show for a property; without one, its name as words. */
export function labelOf(property: string): string {
  return LABELS.get(property) ?? titleOf(property);
}
