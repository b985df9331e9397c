/** What the service says of actions: which are possible now for this caller, and why not the others. */

import type { components } from "../api/schema.d.ts";
import { words } from "../words/actions.ts";
import type { Action } from "./action.ts";

interface Asked {
  readonly data?: { readonly value: readonly components["schemas"]["SupportedAction"][] } | undefined;
  readonly isError: boolean;
}
type Said = Pick<Action, "permission" | "why">;

/** Return what is said of an action by its name. The service has looked at the caller's roles, so no permission is left. */
export function saidOf(asked: Asked): (name: string) => Said {
  const said = new Map((asked.data?.value ?? []).map((each) => [each.action, each]));
  const unknown = asked.isError ? words.notAsked : words.asking;
  return (name) => {
    const found = said.get(name);
    return { permission: null, why: found === undefined ? unknown : found.possible ? null : (found.reason ?? unknown) };
  };
}
