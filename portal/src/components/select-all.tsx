import { Checkbox } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words } from "../words/lists.ts";
import type { Selecting } from "./list-view.tsx";
import { stateOfAll, toggleAll } from "./selection.ts";

interface Given<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly selecting: Selecting;
  /** Whether its words are shown beside it, or only said. */
  readonly isLabelled?: boolean;
}

/** A box that selects every row that was read, or none of them. */
export function SelectAll<Row>({ label, rows, idOf, selecting, isLabelled = false }: Given<Row>): ReactElement {
  const { selection, onSelect } = selecting;
  const shown = rows.map((row) => idOf(row));
  const text = words.selectAll({ label });
  return (
    <Checkbox
      {...(isLabelled ? { label: text } : { "aria-label": text })}
      checked={stateOfAll(selection, shown)}
      onChange={() => onSelect(toggleAll(selection, shown))}
    />
  );
}
