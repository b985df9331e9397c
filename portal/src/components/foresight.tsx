import { Button } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import type { ReactElement } from "react";

import { words } from "../words/actions.ts";
import type { Preview } from "./action.ts";
import { ErrorNotice } from "./error-notice.tsx";
import type { Values } from "./form/schema-form.tsx";
import { PreviewView } from "./preview-view.tsx";

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
      {asking.data !== undefined && <PreviewView preview={asking.data} />}
    </>
  );
}
