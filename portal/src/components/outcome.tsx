import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import { useEffect, type ReactElement } from "react";

import { words } from "../words/actions.ts";
import type { Carried } from "./carried.ts";
import { CopyText } from "./copy-text.tsx";
import { OperationProgress, inTenant, type Followed } from "./operation-progress.tsx";
import { tell } from "./toasts.tsx";

interface Given extends Carried {
  readonly follow: (operation: string) => Followed;
}

/** What has come of an action: the progress of its operation, or that it is done. */
export function Outcome({ title, done, follow }: Given): ReactElement {
  if (done.operation) {
    return <OperationProgress key={done.operation} title={title} followed={follow(done.operation)} />;
  }
  if (done.secret !== undefined) {
    return (
      <MessageBar intent="warning" layout="multiline" aria-live="polite">
        <MessageBarBody>
          <MessageBarTitle>{words.shownOnce}</MessageBarTitle>
          <CopyText {...done.secret} />
        </MessageBarBody>
      </MessageBar>
    );
  }
  return <ToldOnce text={done.text ?? words.done({ title })} />;
}

/** What has come of an action that has left its page, on the page to which it went. */
export function CarriedOutcome({
  tenant,
  carried,
}: {
  readonly tenant: string;
  readonly carried: Carried;
}): ReactElement {
  return <Outcome {...carried} follow={inTenant(tenant)} />;
}

/** What was done at once is said for a moment. */
function ToldOnce({ text }: { readonly text: string }): null {
  useEffect(() => tell(text), [text]);
  return null;
}
