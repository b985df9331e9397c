import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Suspense, lazy, useCallback, useState, type ReactElement } from "react";

import { ApiError } from "../api/errors.ts";
import type { Action, Done } from "./action.ts";
import { ErrorNotice } from "./error-notice.tsx";
import type { Problems, Values } from "./form/schema-form.tsx";
import { OperationProgress, type Followed } from "./operation-progress.tsx";
import { words } from "../words/actions.ts";

/** Loaded when somebody first does something. */
const ActionDialog = lazy(async () => ({ default: (await import("./action-dialog.tsx")).ActionDialog }));
const NONE: Problems = new Map();

interface Sent {
  readonly action: Action;
  readonly done: Done;
}

/** The actions of a page: beginning one, and what is shown of it. */
export interface Work {
  readonly begin: (action: Action) => void;
  /** The dialog of the action that was chosen, and what came of the last one. */
  readonly view: ReactElement;
}

/** Do the actions of a page. *follow*: where an operation is read. */
export function useActions(follow: (operation: string) => Followed): Work {
  const queries = useQueryClient();
  const [open, setOpen] = useState<Action | null>(null);
  const [sent, setSent] = useState<Sent | null>(null);
  const sending = useMutation({
    mutationFn: async ({ action, values }: { readonly action: Action; readonly values: Values }): Promise<Sent> => ({
      action,
      done: await action.run(values),
    }),
    onSuccess: (next) => {
      setOpen(null);
      setSent(next);
    },
    // An action changes more than its own thing: lists, counts, operations. Only what is shown is read again.
    onSettled: () => queries.invalidateQueries(),
  });
  const { mutate, reset } = sending;
  const begin = useCallback(
    (action: Action): void => {
      reset();
      setSent(null);
      if (action.text === undefined && action.typed === undefined && action.fields === undefined) {
        mutate({ action, values: {} });
      } else {
        setOpen(action);
      }
    },
    [mutate, reset],
  );
  const error = sending.isError ? <ErrorNotice error={sending.error} /> : null;
  return {
    begin,
    view: (
      <>
        {open === null ? (
          error
        ) : (
          <Suspense fallback={null}>
            <ActionDialog
              key={open.name}
              action={open}
              problems={problemsOf(sending.error)}
              isBusy={sending.isPending}
              onSend={(values) => mutate({ action: open, values })}
              onClose={() => setOpen(null)}
            >
              {error}
            </ActionDialog>
          </Suspense>
        )}
        {sent !== null && <Outcome sent={sent} follow={follow} />}
      </>
    ),
  };
}

/** What the service says about single fields, by their pointers. */
function problemsOf(error: Error | null): Problems {
  return error instanceof ApiError ? new Map(error.fields.map((each) => [each.pointer, each.message])) : NONE;
}

function Outcome({ sent, follow }: { readonly sent: Sent; readonly follow: (operation: string) => Followed }): ReactElement {
  const { action, done } = sent;
  if (done.operation) {
    return <OperationProgress key={done.operation} title={action.title} followed={follow(done.operation)} />;
  }
  return (
    <MessageBar intent="success" layout="multiline" aria-live="polite">
      <MessageBarBody>{done.text ?? words.done(action.title)}</MessageBarBody>
    </MessageBar>
  );
}
