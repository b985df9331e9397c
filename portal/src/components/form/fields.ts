/** What a form asks for, read from the JSON schema of a wizard's step: pure, and the same for every wizard. */

import { titleOf } from "../../api/errors.ts";
import { words } from "../../words/form.ts";
import { region } from "../../words/language.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

export interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly (string | number)[];
  readonly const?: Json;
  readonly format?: string;
  readonly writeOnly?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** What an object has under names that people choose. */
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  /** What these names are, for people. */
  readonly "x-namedBy"?: string;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export interface Choice {
  readonly value: string;
  readonly title: string;
  /** What else the service says of it. A choice that names another field of the form is for one value of that field. */
  readonly [property: string]: Json | undefined;
}

export type Kind =
  | "text"
  | "long"
  | "secret"
  | "number"
  | "switch"
  | "one"
  | "several"
  | "lines"
  | "moment"
  | "group"
  | "rows"
  | "map"
  | "directoryGroups"
  | "directoryPrincipals"
  | "json";

/** One thing that a form asks for. *path*: its place in the step, as a JSON pointer. */
export interface Field {
  readonly name: string;
  readonly path: string;
  readonly label: string;
  readonly help: string;
  readonly kind: Kind;
  readonly required: boolean;
  /** Whether its choices are numbers, which forms show as texts. */
  readonly numeric?: boolean;
  /** Whether it can be emptied: nothing is a value of its own. */
  readonly nullable?: boolean;
  readonly value: Json | undefined;
  readonly choices: readonly Choice[];
  /** Whether the order counts in which they are chosen. */
  readonly ordered?: boolean;
  /** Whether a number has a slider beside it. */
  readonly slides?: boolean;
  /** The page that makes what is chosen from, below the tenant's address, where there is one. */
  readonly madeBy?: string | null;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly longest?: number;
  /** The fields of a group, or of each row; of a map those of each value, one without a name where it is no object. */
  readonly fields: readonly Field[];
  /** What a map names its rows by. */
  readonly keys?: Field;
}

type Choices = Readonly<Record<string, readonly Choice[]>>;
const LONG = 400;
const languages = new Intl.DisplayNames(region, { type: "language" });
/**
 * What is chosen of the tenant's own things, also while there are none: nobody writes their ids. Each has the page on
 * which one is made; groups come from the directory.
 */
const CHOSEN: Readonly<Record<string, string | null>> = {
  siteId: "wizards/create-site",
  connectionId: "wizards/create-connection",
  connectionIds: "wizards/create-connection",
  policyId: "wizards/create-provisioning-policy",
  imageSetId: "wizards/create-image-set",
  spotGroupId: "wizards/create-spot-group",
  scriptId: "scripts",
  groupIds: null,
};
/** What is tried in the order in which it was chosen. */
const SLIDES = new Set(["quantity"]);
const ORDERED: ReadonlySet<string> = new Set(["connectionIds", "fallbackRegions", "scripts"]);
/** What has names of languages. */
const LANGUAGE = "locale";
/** What people name themselves: its choices are the names that are taken, and no other ones are left out. */
const NAMED_FREELY = "displayName";

/** Return the choices that fit to what the other fields of the form have. */
export function fitting(
  choices: readonly Choice[],
  values: Readonly<Record<string, Json | undefined>>,
): readonly Choice[] {
  return choices.filter((choice) =>
    Object.entries(choice).every(([name, value]) => {
      const other = name === "value" || name === "title" ? undefined : values[name];
      return other === undefined || other === null || other === value;
    }),
  );
}

/** Return where a slider ends: far enough for what is there, and near enough to set it by hand. */
export function reach(value: number, maximum: number): number {
  return Math.min([50, 500].find((each) => value <= each) ?? maximum, maximum);
}

/** Return the fields of a step, in the order of its schema. */
export function fieldsOf(step: Schema, choices: Choices): Field[] {
  return read(resolved(step, step), step, choices, "", "");
}

function read(schema: Schema, root: Schema, choices: Choices, path: string, dotted: string): Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, raw]) =>
    fieldOf(
      name,
      raw,
      root,
      choices,
      `${path}/${escape(name)}`,
      `${dotted}${name}`,
      schema.required?.includes(name) ?? false,
    ),
  );
}

function fieldOf(
  name: string,
  raw: Schema,
  root: Schema,
  choices: Choices,
  path: string,
  dotted: string,
  required: boolean,
): Field {
  const schema = resolved(raw, root);
  const own = choices[dotted] ?? choices[name] ?? [];
  const listed = own.length > 0 ? own : optionsOf(schema, root);
  const kind =
    name in CHOSEN
      ? schema.type === "array"
        ? "several"
        : "one"
      : kindOf(schema, root, name === NAMED_FREELY ? [] : listed);
  const rows = kind === "rows" && schema.items ? resolved(schema.items, root) : schema;
  const inner = kind === "group" || kind === "rows" ? read(rows, root, choices, path, `${dotted}/`) : [];
  const map = kind === "map" ? mapOf(raw, schema, root, choices, path, dotted) : undefined;
  return {
    name,
    path,
    label: labelOf(name, raw.title ?? schema.title),
    help: raw.description ?? "",
    kind,
    required,
    nullable: isNullable(raw),
    numeric: schema.enum?.some((each) => typeof each === "number") ?? false,
    value: raw.default ?? schema.default,
    choices: listed.map((choice) => shownAs(choice, name)),
    ...(ORDERED.has(name) ? { ordered: true } : {}),
    ...(SLIDES.has(name) && kind === "number" ? { slides: true } : {}),
    madeBy: CHOSEN[name] ?? null,
    fields: map?.values ?? inner,
    ...(map === undefined ? {} : { keys: map.keys }),
    ...(schema.minimum === undefined ? {} : { minimum: schema.minimum }),
    ...(schema.maximum === undefined ? {} : { maximum: schema.maximum }),
    ...(schema.maxLength === undefined ? {} : { longest: schema.maxLength }),
  };
}

/** Return a choice as people read it: a language by its name, and what cannot be used now with a word that says so. */
function shownAs(choice: Choice, name: string): Choice {
  if (name === LANGUAGE && choice.title === choice.value) {
    return { ...choice, title: `${languages.of(choice.value) ?? choice.value} (${choice.value})` };
  }
  return choice["usable"] === false ? { ...choice, title: words.notUsable({ title: choice.title }) } : choice;
}

/** Return what a map asks for in each row: its name, and the fields of its value. */
function mapOf(
  outer: Schema,
  schema: Schema,
  root: Schema,
  choices: Choices,
  path: string,
  dotted: string,
): { keys: Field; values: readonly Field[] } {
  const raw = schema.additionalProperties as Schema;
  const value = resolved(raw, root);
  const title = outer["x-namedBy"] ?? schema["x-namedBy"] ?? "Name";
  const named: Schema = { maxLength: LONG, ...resolved(schema.propertyNames ?? {}, root), type: "string", title };
  const values =
    value.properties === undefined
      ? [
          {
            ...fieldOf("", raw, root, choices, path, `${dotted}/`, true),
            label: outer.title ?? schema.title ?? "Value",
          },
        ]
      : read(value, root, choices, path, `${dotted}/`);
  return { keys: fieldOf("name", named, root, {}, path, dotted, true), values };
}

function kindOf(schema: Schema, root: Schema, listed: readonly Choice[]): Kind {
  if (schema.type === "array") {
    if (listed.length > 0) {
      return "several";
    }
    return schema.items && resolved(schema.items, root).type === "object" ? "rows" : "lines";
  }
  if (schema.type === "object" && listed.length === 0) {
    const isMap =
      typeof schema.additionalProperties === "object" && Object.keys(schema.additionalProperties).length > 0;
    return schema.properties === undefined ? (isMap ? "map" : "json") : "group";
  }
  if (listed.length > 0) {
    return "one";
  }
  if (schema.type === "boolean") {
    return "switch";
  }
  if (schema.type === "integer" || schema.type === "number") {
    return "number";
  }
  if (schema.writeOnly) {
    return "secret";
  }
  if (schema.format === "date-time") {
    return "moment";
  }
  return (schema.maxLength ?? 0) > LONG ? "long" : "text";
}

function optionsOf(schema: Schema, root: Schema): Choice[] {
  const items = schema.type === "array" && schema.items ? resolved(schema.items, root) : schema;
  return (items.enum ?? []).map((value) =>
    typeof value === "number" ? { value: String(value), title: String(value) } : { value, title: labelOf(value) },
  );
}

function isNullable(schema: Schema): boolean {
  return schema.anyOf?.some(({ type }) => type === "null") ?? false;
}

/** Follow references, and take the one alternative that is not null. */
function resolved(schema: Schema, root: Schema): Schema {
  if (schema.$ref !== undefined) {
    const found = root.$defs?.[schema.$ref.replace("#/$defs/", "")];
    if (found === undefined) {
      throw new Error(`the schema refers to ${schema.$ref}, which it does not have`);
    }
    return { ...resolved(found, root), ...(schema.default === undefined ? {} : { default: schema.default }) };
  }
  const parts = schema.anyOf ?? schema.allOf;
  if (parts !== undefined) {
    const { anyOf: _any, allOf: _all, ...rest } = schema;
    const real = parts.find((part) => part.type !== "null") ?? {};
    return { ...resolved(real, root), ...rest };
  }
  return schema;
}

/** Write the name of a property as a label, unless the schema has a better one than the name again. */
export function labelOf(name: string, title?: string): string {
  return title === undefined || title.toLowerCase().replaceAll(" ", "") === name.toLowerCase() ? titleOf(name) : title;
}

/** Write a name as a part of a JSON pointer. */
export function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
