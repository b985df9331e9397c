/** What a form has before somebody fills it in: defaults of the schema, and what the address names. Pure. */

import { defaultsOf } from "../../components/action.ts";
import { fieldsOf, type Choice, type Field, type Schema } from "../../components/form/fields.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import type { Form, Wizard } from "./api.ts";

/** The choices of a step by field: the service says of each what it likes. */
type Offered = Readonly<Record<string, readonly Choice[]>>;

/** Return the form: step -> values; the service says what an edit begins with. A field is named by its own name in the address: `?imageSetId=...`. */
export function beginningOf(steps: Wizard["steps"], address: URLSearchParams): Form {
  return Object.fromEntries(
    steps.flatMap(({ name, schema, choices, values }) => {
      if (schema === null) {
        return [];
      }
      const fields = fieldsOf(schema as Schema, choices as Offered);
      return [
        [
          name,
          { ...defaultsOf(fields.filter((field) => hasDefault(field))), ...given(values), ...namedOf(fields, address) },
        ],
      ];
    }),
  );
}

/**
 * Return what is sent of an edit: steps that somebody has changed, and those that say what is edited. What is left out
 * stays as it is, and not everybody may send everything.
 */
export function changedOf(form: Form, beginning: Form, steps: Wizard["steps"]): Form {
  const kept = steps.filter(({ name, schema }) => {
    const isNeeded = ((schema as Schema | null)?.required?.length ?? 0) > 0;
    return form[name] !== undefined && (isNeeded || JSON.stringify(form[name]) !== JSON.stringify(beginning[name]));
  });
  return Object.fromEntries(kept.map(({ name }) => [name, form[name] ?? {}]));
}

/**
 * Return by what the choices of a step have to fit: what is chosen in the steps before it, and what the service says of
 * these choices where the form has no field of that name, such as the type of hosts of an image set.
 */
export function contextOf(steps: Wizard["steps"], place: number, form: Form): Values {
  const before = steps.slice(0, place);
  const written = Object.assign({}, ...before.map(({ name }) => form[name] ?? {})) as Values;
  const said = before.flatMap(({ name, choices }) =>
    Object.entries(choices as Offered).flatMap(([field, offered]) => saidOf(offered, form[name]?.[field])),
  );
  const asked = new Set(steps.flatMap(({ schema }) => Object.keys((schema as Schema | null)?.properties ?? {})));
  return { ...Object.fromEntries(said.filter(([name]) => !asked.has(name))), ...written };
}

/** What the service says of a choice, and the field of a later step that it is for. */
const NEXT_VERSION = "nextVersion";
const VERSION = "version";

/**
 * Return the form as it is when a step is shown: a version that nobody has written is the next one of what was chosen,
 * and the first one where nothing of that name is there.
 */
export function arrivedAt(steps: Wizard["steps"], place: number, form: Form, beginning: Form): Form {
  const step = steps[place];
  if (step === undefined || !(VERSION in ((step.schema as Schema | null)?.properties ?? {}))) {
    return form;
  }
  const first = beginning[step.name]?.[VERSION];
  const offered = steps.flatMap(({ choices }) =>
    Object.values(choices as Offered)
      .flat()
      .map((each) => each[NEXT_VERSION]),
  );
  const written = form[step.name]?.[VERSION];
  const isOurs = written === first || offered.includes(written);
  const next = contextOf(steps, place, form)[NEXT_VERSION] ?? first;
  return isOurs && next !== undefined ? { ...form, [step.name]: { ...form[step.name], [VERSION]: next } } : form;
}

function saidOf(offered: readonly Choice[], chosen: unknown): [string, string][] {
  const choice = offered.find(({ value }) => value === chosen) ?? {};
  return Object.entries(choice).filter((each): each is [string, string] => typeof each[1] === "string");
}

/** A group or an optional field that is null by default is not filled in at all. */
function hasDefault({ value }: Field): boolean {
  return value !== undefined && value !== null;
}

/** What the service says, without what it leaves open. */
function given(values: Wizard["steps"][number]["values"]): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as Values;
}

function namedOf(fields: readonly Field[], address: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    fields.flatMap(({ name, kind }): [string, string][] => {
      const value = kind === "one" || kind === "text" ? address.get(name) : null;
      return value === null ? [] : [[name, value]];
    }),
  );
}
