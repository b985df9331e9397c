import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useState, type ReactElement, type ReactNode } from "react";

import { words } from "../words/actions.ts";
import { defaultsOf, isFilled, type Action } from "./action.ts";
import { BACKDROP } from "./backdrop.ts";
import { Facts } from "./facts.tsx";
import { Foresight } from "./foresight.tsx";
import { once } from "./once.ts";
import { SchemaForm, type Problems, type Values } from "./form/schema-form.tsx";

const useStyles = makeStyles({
  content: { display: "grid", rowGap: tokens.spacingVerticalM, overflowWrap: "anywhere" },
});

interface Given {
  readonly action: Action;
  readonly problems: Problems;
  /** What else to show, such as an error. */
  readonly children?: ReactNode;
  readonly isBusy: boolean;
  readonly onSend: (values: Values) => void;
  readonly onClose: () => void;
}

/** Ask what an action needs, and whether it is meant. */
export function ActionDialog({ action, problems, children, isBusy, onSend, onClose }: Given): ReactElement {
  const styles = useStyles();
  const { fields = [], typed } = action;
  const [values, setValues] = useState<Values>(() => defaultsOf(fields));
  const [written, setWritten] = useState("");
  const isTouched = written !== "" || JSON.stringify(values) !== JSON.stringify(defaultsOf(fields));
  const isReady = isFilled(fields, values) && (typed === undefined || written === typed);
  return (
    <Dialog
      open
      modalType={typed === undefined ? "modal" : "alert"}
      onOpenChange={(_, { type }) => {
        if (type !== "backdropClick" || !isTouched) {
          onClose(); // a click beside the dialog does not throw away what was written
        }
      }}
    >
      <DialogSurface backdrop={BACKDROP}>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady && !isBusy) {
              onSend(values);
            }
          }}
        >
          <DialogBody>
            <DialogTitle>{action.title}</DialogTitle>
            <DialogContent className={styles.content}>
              {action.of !== undefined && <Facts facts={action.of} />}
              {action.text}
              {fields.length > 0 && (
                <SchemaForm fields={fields} values={values} problems={problems} onChange={setValues} at="" />
              )}
              {typed !== undefined && (
                <Field label={words.type({ text: typed })} required>
                  <Input value={written} autoComplete="off" onChange={(_, { value }) => setWritten(value)} />
                </Field>
              )}
              {action.preview !== undefined && <Foresight preview={action.preview} values={values} />}
              {children}
            </DialogContent>
            <DialogActions fluid>
              <Button onClick={onClose}>{words.cancel}</Button>
              <Button type="submit" appearance="primary" onClick={once} disabledFocusable={!isReady || isBusy}>
                {isBusy ? words.sending : action.title}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
