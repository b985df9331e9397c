import type { components } from "../../api/schema.d.ts";

type Actor = components["schemas"]["AuditActor"];

/** Return what people call an actor. */
export function whoOf(actor: Actor): string {
  return actor.userPrincipalName ?? actor.applicationDisplayName ?? actor.userId;
}
