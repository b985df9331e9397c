/** What is wrong in a form, by JSON pointer. Pure. */

import { sentence } from "../../words/sentence.ts";
import type { Problems } from "./schema-form.tsx";

/** Return what is wrong at a place or inside it, where one control is for all of it, such as a list of texts. */
export function problemIn(problems: Problems, at: string): string | undefined {
  const found = [...problems].filter(([pointer]) => pointer === at || pointer.startsWith(`${at}/`));
  return found.length === 0 ? undefined : found.map(([, message]) => sentence(message)).join(" ");
}

/** Return what is wrong at no field of a form: nothing beside a control would say it. *at*: the pointer of the form. */
export function problemsElsewhere(
  problems: Problems,
  at: string,
  fields: readonly { readonly name: string }[],
): string[] {
  const places = fields.map(({ name }) => `${at}/${name}`);
  return [...problems]
    .filter(([pointer]) => !places.some((place) => pointer === place || pointer.startsWith(`${place}/`)))
    .map(([, message]) => sentence(message));
}
