import { useEffect, type RefObject } from "react";

/** What opens above a page and goes away again. */
const ABOVE = "[role=dialog], [role=alertdialog], [role=menu]";

const CONTROLS = "a[href], button, input, select, textarea, [role^=menuitem]";

/** Return the first control of what lies above the page: while it is open, the focus is in it. */
function controlOf(above: HTMLElement | undefined): HTMLElement | null {
  return above?.querySelector<HTMLElement>(CONTROLS) ?? null;
}

/**
 * Keep the focus in the page: when what has it goes away (a dialog, a button, a row, a whole page), it stays in the
 * dialog that is open, returns to where it was before, or goes to the content. A keyboard or a screen reader would begin at the top of the window otherwise.
 */
export function useKeptFocus(content: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    let latest: Element | null = null;
    let below: HTMLElement | null = null;
    const note = ({ target }: FocusEvent): void => {
      latest = target instanceof Element ? target : null;
      if (target instanceof HTMLElement && target.closest(ABOVE) === null) {
        below = target;
      }
    };
    const changes = new MutationObserver(() => {
      const isLost = latest !== null && !latest.isConnected && document.activeElement === document.body;
      if (isLost) {
        latest = null;
        const back = controlOf([...document.querySelectorAll<HTMLElement>(ABOVE)].at(-1)) ?? (below?.isConnected === true ? below : content.current);
        back?.focus({ preventScroll: true });
      }
    });
    addEventListener("focusin", note);
    changes.observe(document.body, { childList: true, subtree: true });
    return () => {
      removeEventListener("focusin", note);
      changes.disconnect();
    };
  }, [content]);
}
