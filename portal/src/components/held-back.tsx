import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { titleOf } from "../api/errors.ts";
import type { components } from "../api/schema.d.ts";
import { words } from "../words/actions.ts";
import { moment } from "./moments.ts";
import { sentence } from "../words/sentence.ts";

/** What cannot be undone and waits for an answer: what, why, since when, and when it is asked again. */
export function HeldBackNotice({
  held,
}: {
  readonly held: components["schemas"]["HeldBack"] | null | undefined;
}): ReactElement | null {
  if (!held) {
    return null;
  }
  return (
    <MessageBar intent="warning" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{words.heldBack({ act: titleOf(held.act) })}</MessageBarTitle>
        {sentence(held.why)} {words.heldBackUntil({ since: moment(held.since), next: moment(held.nextAt) })}
      </MessageBarBody>
    </MessageBar>
  );
}
