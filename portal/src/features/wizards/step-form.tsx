import { Field, MessageBar, MessageBarBody, SearchBox } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";

import { fieldsOf, fitting, type Choice, type Schema } from "../../components/form/fields.ts";
import { SchemaForm, type Problems, type Values } from "../../components/form/schema-form.tsx";
import { words } from "../../words/wizards.ts";
import type { Wizard } from "./api.ts";

type Step = Wizard["steps"][number];
type Choices = Readonly<Record<string, readonly Choice[]>>;

interface Given {
  readonly step: Step;
  readonly values: Values;
  /** What was chosen in the steps before: choices have to fit to it. */
  readonly before: Values;
  readonly problems: Problems;
  readonly onChange: (values: Values) => void;
  readonly onSearch: (text: string) => void;
}

/** The fields of a step; what cannot be offered now, and a search where there is too much to offer all of it. */
export function StepForm({ step, values, before, problems, onChange, onSearch }: Given): ReactElement {
  const seen = Object.entries(useSeen(step, values));
  const choices = Object.fromEntries(seen.map(([field, found]) => [field, fitting(found, before)]));
  const cut = Object.values(step.choicesCut);
  // The hint of a step with one field is often that of the field: once is enough.
  const fields = fieldsOf(step.schema as Schema, choices).map((field) =>
    field.help === step.hint ? { ...field, help: "" } : field,
  );
  return (
    <>
      {Object.entries(step.choicesErrors).map(([field, why]) => (
        <MessageBar key={field} intent="warning" layout="multiline">
          <MessageBarBody>{why}</MessageBarBody>
        </MessageBar>
      ))}
      {cut.length > 0 && (
        <Field label={words.search} hint={cut.join(" ")}>
          <SearchBox onChange={(_, { value }) => onSearch(value.trim())} />
        </Field>
      )}
      <SchemaForm fields={fields} values={values} problems={problems} onChange={onChange} at={`/${step.name}`} />
    </>
  );
}

/** Return the choices of a step, and those that are chosen although the last search does not show them. */
function useSeen(step: Step, values: Values): Choices {
  const [seen, setSeen] = useState<Choices>({});
  const offered = step.choices as Choices;
  const [last, setLast] = useState<Choices | null>(null);
  if (last !== offered) {
    setLast(offered);
    setSeen(
      Object.fromEntries(Object.entries(offered).map(([field, found]) => [field, joined(found, seen[field] ?? [])])),
    );
  }
  return Object.fromEntries(
    Object.entries(offered).map(([field, found]) => {
      const chosen = values[field];
      const kept = (seen[field] ?? []).filter(({ value }) => Array.isArray(chosen) && chosen.includes(value));
      return [field, joined(found, kept)];
    }),
  );
}

function joined(first: readonly Choice[], second: readonly Choice[]): Choice[] {
  return [...first, ...second.filter(({ value }) => first.every((each) => each.value !== value))];
}
