import { Button, MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";

import { words } from "../words/actions.ts";
import type { Preview } from "./action.ts";
import { ErrorNotice } from "./error-notice.tsx";
import type { Values } from "./form/schema-form.tsx";

const MOST = 10;

interface Given {
  readonly preview: (values: Values) => Promise<Preview>;
  readonly values: Values;
}

/** A button that says what an action would do; nothing is written. */
export function Foresight({ preview, values }: Given): ReactElement {
  const asking = useMutation({ mutationFn: preview });
  return (
    <>
      <div>
        <Button size="small" disabledFocusable={asking.isPending} onClick={() => asking.mutate(values)}>
          {words.foresee}
        </Button>
      </div>
      {asking.isError && <ErrorNotice error={asking.error} />}
      {asking.data !== undefined && (
        <MessageBar layout="multiline" aria-live="polite">
          <MessageBarBody>
            <MessageBarTitle>{asking.data.summary}</MessageBarTitle>
            <ul>
              {asking.data.lines.slice(0, MOST).map((line) => (
                <li key={line}>{line}</li>
              ))}
              {asking.data.lines.length > MOST && <li>{words.andMore(asking.data.lines.length - MOST)}</li>}
            </ul>
          </MessageBarBody>
        </MessageBar>
      )}
    </>
  );
}
