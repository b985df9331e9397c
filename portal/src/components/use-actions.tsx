import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Suspense, lazy, useCallback, useRef, useState, type ReactElement } from "react";
import { useNavigate } from "react-router";

import { ApiError } from "../api/errors.ts";
import type { Action, Done } from "./action.ts";
import { ErrorNotice } from "./error-notice.tsx";
import type { Problems, Values } from "./form/schema-form.tsx";
import type { Followed } from "./operation-progress.tsx";
import { CARRIED, type Carried } from "./carried.ts";
import { words } from "../words/actions.ts";

/** Loaded when somebody first does something. */
const ActionDialog = lazy(async () => ({ default: (await import("./action-dialog.tsx")).ActionDialog }));
/** Loaded when the first one is done. */
const Outcome = lazy(async () => ({ default: (await import("./outcome.tsx")).Outcome }));
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
  const go = useNavigate();
  const isSending = useRef(false);
  const [open, setOpen] = useState<Action | null>(null);
  const [sent, setSent] = useState<Sent | null>(null);
  const sending = useMutation({
    mutationFn: async ({ action, values }: { readonly action: Action; readonly values: Values }): Promise<Sent> => ({
      action,
      done: await action.run(values),
    }),
    onSuccess: async (next) => {
      setOpen(null);
      const { leaveTo, title, typed } = next.action;
      if (leaveTo === undefined) {
        setSent(next);
      } else {
        const carried: Carried = { title: [title, typed].filter(Boolean).join(" "), done: next.done };
        // What is gone is not read again: only what is shown next.
        await queries.invalidateQueries({ refetchType: "none" });
        await go(leaveTo, { state: { [CARRIED]: carried } });
      }
    },
    // An action changes more than its own thing: lists, counts, operations. Only what is shown is read again.
    onSettled: (next) => {
      isSending.current = false;
      return next?.action.leaveTo === undefined ? queries.invalidateQueries() : undefined;
    },
  });
  const { mutate, reset } = sending;
  const begin = useCallback(
    (action: Action): void => {
      if (isSending.current) {
        return; // what was clicked before is on its way
      }
      reset();
      setSent(null);
      if (action.text === undefined && action.typed === undefined && action.fields === undefined) {
        isSending.current = true;
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
        {open === null && sending.isPending && <Sending title={sending.variables.action.title} />}
        {sent !== null && (
          <Suspense fallback={<Sending title={sent.action.title} />}>
            <Outcome title={sent.action.title} done={sent.done} follow={follow} />
          </Suspense>
        )}
      </>
    ),
  };
}

/** What the service says about single fields, by their pointers. */
function problemsOf(error: Error | null): Problems {
  return error instanceof ApiError ? new Map(error.fields.map((each) => [each.pointer, each.message])) : NONE;
}

/** An action without a dialog is on its way. */
function Sending({ title }: { readonly title: string }): ReactElement {
  return (
    <MessageBar aria-live="polite">
      <MessageBarBody>{words.sendingOf({ title })}</MessageBarBody>
    </MessageBar>
  );
}
