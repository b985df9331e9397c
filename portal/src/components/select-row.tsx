import { Checkbox } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words } from "../words/lists.ts";
import type { RowGiven } from "./columns.ts";

/** A box that selects one row, or with shift all rows from the one before. */
export function SelectRow({
  name,
  index,
  isSelected,
  onToggle,
}: Pick<RowGiven, "name" | "index" | "onToggle"> & { readonly isSelected: boolean }): ReactElement {
  return (
    <Checkbox
      aria-label={words.select({ name })}
      checked={isSelected}
      onChange={({ nativeEvent }) => onToggle(index, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
    />
  );
}
