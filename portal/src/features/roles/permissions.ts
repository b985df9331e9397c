/** The permissions of a role, by what they are about. Pure. */

import type { Json } from "../../components/form/fields.ts";

const PERMISSION = /^Microsoft\.CloudPC\/(\w+)\/(\w+)$/;

/** Verbs by resource: `{ cloudPCs: ["read", "reboot"] }`. */
export type Permissions = Readonly<Record<string, readonly string[]>>;

/** Return permissions by resource, both in order. */
export function byResource(permissions: readonly string[]): Permissions {
  const found: Record<string, string[]> = {};
  for (const permission of permissions.toSorted()) {
    const [, resource, verb] = PERMISSION.exec(permission) ?? [];
    if (resource !== undefined && verb !== undefined) {
      (found[resource] ??= []).push(verb);
    }
  }
  return found;
}

/** Return the permissions that were chosen in a form. */
export function permissionsIn(chosen: Json | undefined): string[] {
  return Object.entries((chosen ?? {}) as Permissions).flatMap(([resource, verbs]) =>
    verbs.map((verb) => `Microsoft.CloudPC/${resource}/${verb}`),
  );
}
