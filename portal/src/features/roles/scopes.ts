/** The scopes of assigned roles: policies, Spot Groups and sites, by their addresses (`/spotGroups/{id}`). Pure. */

import type { Choice, Json } from "../../components/form/fields.ts";
import { words } from "../../words/roles.ts";

export const KINDS = ["provisioningPolicies", "spotGroups", "sites"] as const;
type Kind = (typeof KINDS)[number];

/** What the tenant has of each kind. */
export type Things = Readonly<Record<Kind, readonly Choice[]>>;

/** Return the things of a list as choices. */
export function choicesOf(
  rows: readonly { readonly id: string; readonly displayName?: string | null }[] | undefined,
): Choice[] {
  return (rows ?? []).map(({ id, displayName }) => ({ value: id, title: displayName ?? id }));
}

/** Return the scopes that were chosen in a form. */
export function scopesIn(chosen: Json | undefined): string[] {
  const ids = (chosen ?? {}) as Readonly<Partial<Record<Kind, readonly string[]>>>;
  return KINDS.flatMap((kind) => (ids[kind] ?? []).map((id) => `/${kind}/${id}`));
}

/** Return where an assignment counts, in words; what is gone has its id. */
export function placesOf(scopes: readonly string[], things: Things): string {
  return scopes.map((scope) => placeOf(scope, things)).join(", ") || words.wholeTenant;
}

function placeOf(scope: string, things: Things): string {
  const kind = KINDS.find((each) => scope.startsWith(`/${each}/`));
  if (kind === undefined) {
    return scope;
  }
  const id = scope.slice(`/${kind}/`.length);
  return words.scopeOf[kind]({ name: things[kind].find(({ value }) => value === id)?.title ?? id });
}
