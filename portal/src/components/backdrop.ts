import type { MouseEvent } from "react";

/** What lies behind a dialog: a click on it leaves the focus in the dialog, so that its keys go on working. */
export const BACKDROP = { onMouseDown: (event: MouseEvent): void => event.preventDefault() };
