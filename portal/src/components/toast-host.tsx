import { Toast, ToastTitle, Toaster, useId, useToastController } from "@fluentui/react-components";
import { useEffect, useRef, type ReactElement } from "react";

import { words } from "../words/shell.ts";
import type { Told } from "./toasts.tsx";

/** In milliseconds; longer while the pointer is on it or the window is not looked at. */
const SHOWN = 10_000;

/** Shows what was done, for a moment. */
export function ToastHost({ told }: { readonly told: Told }): ReactElement {
  const toaster = useId("toaster");
  const { dispatchToast } = useToastController(toaster);
  const shown = useRef(0);
  useEffect(() => {
    if (shown.current !== told.number) {
      shown.current = told.number;
      dispatchToast(
        <Toast>
          <ToastTitle>{told.text}</ToastTitle>
        </Toast>,
        { intent: "success", politeness: "polite", timeout: SHOWN, pauseOnHover: true, pauseOnWindowBlur: true },
      );
    }
  }, [told, dispatchToast]);
  return <Toaster toasterId={toaster} position="bottom-end" aria-label={words.toasts} />;
}
