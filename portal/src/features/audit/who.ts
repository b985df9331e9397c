import { phraseOf, titleOf } from "../../api/errors.ts";
import type { components } from "../../api/schema.d.ts";
import { labelOf } from "../../components/field-facts.ts";
import { writtenText } from "../../components/values.ts";

type Event = components["schemas"]["AuditEvent"];
type Actor = components["schemas"]["AuditActor"];

/** Return what people call an actor. */
export function whoOf(actor: Actor): string {
  return actor.userPrincipalName ?? actor.applicationDisplayName ?? actor.userId;
}

/** Return in one line which properties had which values. */
export function changesOf({ resources = [] }: Pick<Event, "resources">): string {
  const changes = resources.flatMap(({ modifiedProperties }) => modifiedProperties);
  return changes
    .map(({ displayName, oldValue, newValue }) => {
      const name = displayName ?? "";
      return `${labelOf(name)}: ${writtenText(oldValue, name)} → ${writtenText(newValue, name)}`;
    })
    .join("; ");
}

/** Write an activity such as `Microsoft.CloudPC/sessionHosts/remove` as words: `Session hosts: remove`. */
export function activityOf(name: string): string {
  const [, resource = name, ...verbs] = name.split("/");
  return [titleOf(resource), ...verbs.map((each) => phraseOf(each))].join(": ");
}
