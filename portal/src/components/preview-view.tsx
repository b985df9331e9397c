import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words } from "../words/actions.ts";
import type { Preview } from "./action.ts";

const MOST = 10;

/** What would happen: a summary, and the first things that something would happen to. */
export function PreviewView({ preview }: { readonly preview: Preview }): ReactElement {
  const { summary, lines, isComplete = true } = preview;
  return (
    <MessageBar layout="multiline" aria-live="polite">
      <MessageBarBody>
        <MessageBarTitle>{summary}</MessageBarTitle>
        {!isComplete && <p>{words.incomplete}</p>}
        {lines.length > 0 && (
          <ul>
            {lines.slice(0, MOST).map((line) => (
              <li key={line}>{line}</li>
            ))}
            {lines.length > MOST && <li>{words.andMore({ count: lines.length - MOST })}</li>}
          </ul>
        )}
      </MessageBarBody>
    </MessageBar>
  );
}
