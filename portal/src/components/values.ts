/** Values of the API as people read them. Pure. */

import { phraseOf, termOf, titleOf } from "../api/errors.ts";
import { words } from "../words/shell.ts";
import { moment } from "./moments.ts";

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
/** The properties whose values are codes. */
const CODED = /(status|state|type|action|task|outcome|cause|kind|join|method|frequency|changed|differs)$/i;
/** A value of such a property that is a code: letters and digits, without a name in it. */
const CODE = /^[a-z][A-Za-z\d]*$/;

/** Return whether there is nothing to show. */
export function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) {
    return Object.keys(value).length === 0;
  }
  return value === null || value === undefined || value === "";
}

/** Write a value. *name*: the property that has it, by which codes are known. */
export function valueText(value: unknown, name = ""): string {
  if (typeof value === "boolean") {
    return value ? words.yes : words.no;
  }
  if (Array.isArray(value)) {
    return value.map((each) => valueText(each, name)).join(", ");
  }
  if (typeof value === "string") {
    return wordOf(value, name);
  }
  return typeof value === "object" && value !== null ? partsOf(value) : String(value);
}

/** Write what an audit event has of a property: a text, or JSON in one. */
export function writtenText(text: string | null | undefined, name: string): string {
  const value = parsed(text ?? "");
  return isEmpty(value) ? "-" : valueText(value, name);
}

function wordOf(text: string, name: string): string {
  if (MOMENT.test(text)) {
    return moment(text);
  }
  return CODED.test(name) && CODE.test(text) ? titleOf(text) : termOf(text);
}

/** Write an object as `count: 10, percent: 20`. */
function partsOf(value: object): string {
  return Object.entries(value)
    .filter(([, each]) => !isEmpty(each))
    .map(([name, each]) => `${phraseOf(name)}: ${valueText(each, name)}`)
    .join(", ");
}

function parsed(text: string): unknown {
  if (!/^([[{]|true$|false$)/.test(text)) {
    return text;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
