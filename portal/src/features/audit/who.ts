import type { components } from "../../api/schema.d.ts";

type Event = components["schemas"]["AuditEvent"];
type Actor = components["schemas"]["AuditActor"];

/** Return what people call an actor. */
export function whoOf(actor: Actor): string {
  return actor.userPrincipalName ?? actor.applicationDisplayName ?? actor.userId;
}

/** Return in one line which properties had which values. */
export function changesOf({ resources = [] }: Pick<Event, "resources">): string {
  const changes = resources.flatMap(({ modifiedProperties }) => modifiedProperties);
  return changes.map(({ displayName, oldValue, newValue }) => `${displayName ?? "-"}: ${oldValue ?? "-"} → ${newValue ?? "-"}`).join("; ");
}

/** All activities begin with the same name of the provider, which tells nobody anything. */
export function activityOf(name: string): string {
  return name.replace(/^Microsoft\.CloudPC\//, "");
}
