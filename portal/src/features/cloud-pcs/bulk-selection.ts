/** What a bulk action is sent instead of ids: the filters of the list. Pure. */

import type { components } from "../../api/schema.d.ts";

export type Selection = Partial<components["schemas"]["Selection"]>;
export type Chosen = Readonly<Record<string, string>>;

/** Filter of the list -> property of a selection. */
const PROPERTIES: Readonly<Record<string, keyof Selection>> = {
  status: "status",
  policy: "provisioningPolicyIds",
  plan: "servicePlanIds",
};

/** Return the selection that means the same as the filters; null when none does. */
export function selectionOf(chosen: Chosen): Selection | null {
  const found: [string, readonly string[]][] = [];
  for (const [name, value] of Object.entries(chosen)) {
    const property = PROPERTIES[name];
    if (property === undefined) {
      return null;
    }
    found.push([property, [value]]);
  }
  return Object.fromEntries(found) as Selection;
}
