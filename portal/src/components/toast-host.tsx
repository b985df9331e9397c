import { Toast, ToastTitle, Toaster, useId, useToastController } from "@fluentui/react-components";
import { useEffect, useRef, useState, type ReactElement } from "react";

import { words } from "../words/shell.ts";
import type { Told } from "./toasts.tsx";

/** In milliseconds; longer while the pointer is on it or the window is not looked at. */
const SHOWN = 10_000;

/** Shows what was done, for a moment. */
export function ToastHost({ told }: { readonly told: Told }): ReactElement {
  const toaster = useId("toaster");
  const { dispatchToast } = useToastController(toaster);
  const shown = useRef(0);
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (place !== null && shown.current !== told.number) {
      shown.current = told.number;
      dispatchToast(
        <Toast>
          <ToastTitle>{told.text}</ToastTitle>
        </Toast>,
        { intent: "success", politeness: "polite", timeout: SHOWN, pauseOnHover: true, pauseOnWindowBlur: true },
      );
    }
  }, [told, dispatchToast, place]);
  return (
    // A landmark of its own: whoever goes through the regions of a page comes to what was done, too.
    <section ref={setPlace} aria-label={words.toasts}>
      {place !== null && (
        <Toaster toasterId={toaster} position="bottom-end" aria-label={words.toasts} mountNode={place} />
      )}
    </section>
  );
}
