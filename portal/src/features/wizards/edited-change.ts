/** What an edit changes, as the planner's dry run takes it. Pure. */

import type { Form, WizardName } from "./api.ts";

/** Return the change whose effect on users can be foreseen; null where an edit has none. */
export function changeOf(wizard: WizardName, form: Form): object | null {
  if (wizard === "edit-provisioning-policy") {
    return { edit: form };
  }
  if (wizard === "edit-spot-group") {
    return { spotGroup: form };
  }
  const settings = form["settings"];
  return wizard === "edit-tenant" && settings !== undefined ? { settings } : null;
}
