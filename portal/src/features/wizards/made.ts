/** Where is what a wizard makes or changes. Pure. */

import type { Form, WizardName } from "./api.ts";

/** Each wizard -> the page of what it saves; `{id}`: of what. */
const PAGES: Readonly<Record<WizardName, string>> = {
  "create-connection": "connections/{id}",
  "edit-connection": "connections/{id}",
  "create-device-image": "images/{id}",
  "create-provisioning-policy": "policies/{id}",
  "edit-provisioning-policy": "policies/{id}",
  "create-image-set": "image-sets/{id}",
  "create-image-version": "image-sets/{id}",
  "edit-image-set": "image-sets/{id}",
  "create-spot-group": "spot-groups/{id}",
  "edit-spot-group": "spot-groups/{id}",
  "update-spot-group": "spot-groups/{id}",
  "create-site": "tenant",
  "edit-site": "tenant",
  "edit-tenant": "tenant",
};
/** What a form names that is there already, and gets something: step and field. */
const NAMED: readonly (readonly [string, string])[] = [
  ["set", "imageSetId"],
  ["group", "spotGroupId"],
  ["policy", "policyId"],
  ["connection", "connectionId"],
];

/** Return whose page shows what was saved: what the form names, else what the answer has made. */
export function subjectOf(
  form: Form,
  answer: { readonly id?: string; readonly resourceId?: string } | undefined,
): string {
  const named = NAMED.map(([step, field]) => form[step]?.[field]).find((value) => typeof value === "string");
  return String(named ?? answer?.resourceId ?? answer?.id ?? "");
}

/** Return the page to which a wizard leads that is cancelled: of what it edits, else the list, below the tenant. */
export function cancelledOf(wizard: WizardName, id: string): string {
  const page = PAGES[wizard];
  return id === "" ? page.replace("/{id}", "") : page.replace("{id}", id);
}

/** Return the page of what a wizard has saved, below the tenant. */
export function pageOf(wizard: WizardName, subject: string): string {
  return PAGES[wizard].replace("{id}", subject);
}
