import type { components } from "../../api/schema.d.ts";

type Actor = components["schemas"]["AuditActor"];

/** Return what people call an actor. */
export function whoOf(actor: Actor): string {
  return actor.userPrincipalName ?? actor.applicationDisplayName ?? actor.userId;
}

/** All activities begin with the same name of the provider, which tells nobody anything. */
export function activityOf(name: string): string {
  return name.replace(/^Microsoft\.CloudPC\//, "");
}
