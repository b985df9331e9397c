import type { MouseEvent } from "react";

/** The second click of a double click does nothing: what it would do was meant once. */
export function once(event: MouseEvent): void {
  if (event.detail > 1) {
    event.preventDefault();
    event.stopPropagation();
  }
}
