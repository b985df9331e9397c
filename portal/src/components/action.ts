import type { FluentIcon } from "@fluentui/react-icons";

import { operationOf } from "../api/operation.ts";
import type { Field } from "./form/fields.ts";
import type { Values } from "./form/schema-form.tsx";

/** What came of an action. */
export interface Done {
  /** The operation that does the work; null when it was done at once. */
  readonly operation?: string | null;
  /** What to tell people beside "done". */
  readonly text?: string;
  /** What is shown this once, until somebody does something else: of what it is the secret, and the secret. */
  readonly secret?: { readonly label: string; readonly text: string };
}

/** What would happen, said before it does. */
export interface Preview {
  readonly summary: string;
  /** One line for each thing that something would happen to. */
  readonly lines: readonly string[];
  /** Whether the directory answered in full; so when left out. */
  readonly isComplete?: boolean;
}

/** Something that can be done with a thing: what it is called, who may, what is asked before, how it is done. */
export interface Action {
  readonly name: string;
  readonly title: string;
  /** Where it is not the one that actions of its name have everywhere. */
  readonly icon?: FluentIcon | undefined;
  /** The permission that it needs, such as `cloudPCs/reboot`; null where everybody may. */
  readonly permission: string | null;
  /** Why it is not possible now; null when it is. */
  readonly why?: string | null | undefined;
  /** What happens: shown before it is done. An action without a text and fields is done at once. */
  readonly text?: string;
  /** Which thing it is done with, where its name alone does not say so: shown in the dialog. */
  readonly of?: Readonly<Record<string, string | null>>;
  /** What has to be typed before something is destroyed. */
  readonly typed?: string;
  readonly fields?: readonly Field[];
  /** Ask what it would do; left out where that is plain. */
  readonly preview?: (values: Values) => Promise<Preview>;
  /** Where to go once it is asked for: its own page is gone then. The page there says what has come of it. */
  readonly leaveTo?: string;
  readonly run: (values: Values) => Promise<Done>;
}

/** Return what a field has before somebody changes it. */
export function defaultsOf(fields: readonly Field[]): Values {
  return Object.fromEntries(fields.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

/** Return whether everything that has to be filled in is. */
export function isFilled(fields: readonly Field[], values: Values): boolean {
  return fields.every(({ name, required, kind }) => {
    const value = values[name];
    return !required || kind === "switch" || (value !== undefined && value !== null && value !== "");
  });
}

/**
 * Return what was entered as the body of a request. The fields of an action are declared beside the request that sends
 * them, and the service judges each value: a wrong one comes back as the problem of its field.
 */
export function entered<Body>(values: object): Body {
  return values as Body;
}

/** Wait for an answer, and say which operation does the work. */
export async function sent(asked: Promise<{ response: Response }>): Promise<Done> {
  return { operation: operationOf((await asked).response) };
}

/** Return actions of which those that destroy want *text* typed. *facts*: of each action that the service knows. */
export function typing(
  facts: Readonly<Record<string, { readonly destroys: boolean }>>,
  text: string,
  actions: Action[],
): Action[] {
  return actions.map((action) => (facts[action.name]?.destroys ? { ...action, typed: text } : action));
}
