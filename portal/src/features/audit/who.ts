import { titleOf } from "../../api/errors.ts";
import type { components } from "../../api/schema.d.ts";

type Actor = components["schemas"]["AuditActor"];

/** Return what people call an actor. */
export function whoOf(actor: Actor): string {
  return actor.userPrincipalName ?? actor.applicationDisplayName ?? actor.userId;
}

/** Write an activity such as `Microsoft.CloudPC/sessionHosts/remove` as words: `Session hosts: remove`. */
export function activityOf(name: string): string {
  const [, resource = name, ...verbs] = name.split("/");
  return [titleOf(resource), ...verbs.map((each) => titleOf(each).toLowerCase())].join(": ");
}
