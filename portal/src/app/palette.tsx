import { Button, makeStyles, useRestoreFocusTarget } from "@fluentui/react-components";
import { Search20Regular } from "@fluentui/react-icons/svg/search";
import { Suspense, lazy, useEffect, useRef, useState, type ReactElement } from "react";

import { words } from "../words/shell.ts";

const PaletteDialog = lazy(async () => ({ default: (await import("./palette-dialog.tsx")).PaletteDialog }));
const KeysDialog = lazy(async () => ({ default: (await import("./keys-dialog.tsx")).KeysDialog }));

type Open = "palette" | "keys" | null;

const useStyles = makeStyles({ hidden: { "@media (max-width: 480px)": { display: "none" } } });

/** The keys of every page: Ctrl+K goes anywhere, `/` searches, `?` explains. What they open is loaded then. */
export function Palette({ tenant }: { readonly tenant: string | undefined }): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState<Open>(null);
  const target = useRestoreFocusTarget();
  /** What had the focus when a key opened a dialog: Fluent returns the focus to buttons alone. */
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const wanted = openedBy(event);
      if (wanted !== null) {
        event.preventDefault();
        opener.current = document.activeElement;
        setOpen(wanted);
      } else if (event.key === "/" && !isTyping(event.target)) {
        const search = document.querySelector<HTMLInputElement>("input[data-search], [data-search] input");
        if (search !== null) {
          event.preventDefault();
          search.focus();
        }
      }
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
  useEffect(() => {
    if (open === null && document.activeElement === document.body && opener.current instanceof HTMLElement) {
      opener.current.focus({ preventScroll: true });
    }
  }, [open]);
  const close = (): void => setOpen(null);
  return (
    <>
      <Button
        {...target}
        icon={<Search20Regular />}
        aria-label={words.palette.open}
        onClick={() => setOpen("palette")}
        aria-keyshortcuts="Control+K"
      >
        <span className={styles.hidden}>
          {words.palette.open} ({words.keys.rows.palette.key})
        </span>
      </Button>
      <Suspense fallback={null}>
        {open === "palette" && <PaletteDialog tenant={tenant} onClose={close} />}
        {open === "keys" && <KeysDialog onClose={close} />}
      </Suspense>
    </>
  );
}

function openedBy(event: KeyboardEvent): Open {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    return "palette";
  }
  return event.key === "?" && !isTyping(event.target) ? "keys" : null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}
