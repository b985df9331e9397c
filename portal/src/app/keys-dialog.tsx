import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words as asking } from "../words/actions.ts";
import { words } from "../words/shell.ts";

/** What the keyboard does. */
export function KeysDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  return (
    <Dialog open onOpenChange={() => onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.keys.title}</DialogTitle>
          <DialogContent>
            <dl>
              {Object.values(words.keys.rows).map(({ key, text }) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{asking.close}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
