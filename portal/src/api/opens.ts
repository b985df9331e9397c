/** What somebody may read in a tenant, by the permissions of their roles and the scopes in which these count. */

import { useMe, type Me } from "./context.tsx";
import type { ReadPath } from "./read.ts";
import { READS } from "./reads.ts";

/** Return whether somebody may read an address of a tenant; what is not known yet is asked of the service. */
export function opens(me: Me | undefined, tenant: string, path: ReadPath): boolean {
  const [permission, isScoped] = READS[path] ?? [null, true];
  if (me === undefined || permission === null) {
    return true;
  }
  const verb = `Microsoft.CloudPC/${permission}`;
  const isOnlyScoped = me.tenants.find(({ id }) => id === tenant)?.scopedVerbs.includes(verb) ?? false;
  return me.verbs.includes(verb) && (isScoped || !isOnlyScoped);
}

/** Return whether the caller may read an address of a tenant. */
export function useOpens(path: ReadPath, tenant: string): boolean {
  return opens(useMe().data, tenant, path);
}
