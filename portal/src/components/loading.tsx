import { Spinner } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words } from "../words/shell.ts";

/** The place of something that comes in a moment. */
export function Loading({ label = words.loading }: { readonly label?: string }): ReactElement {
  return <Spinner label={label} />;
}
