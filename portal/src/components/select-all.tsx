import { Checkbox } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words } from "../words/lists.ts";
import type { Selecting } from "./list-view.tsx";

interface Given<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly selecting: Selecting;
  /** Whether its words are shown beside it, or only said. */
  readonly isLabelled?: boolean;
}

/** A box that selects every row that was read, or none. */
export function SelectAll<Row>({ label, rows, idOf, selecting, isLabelled = false }: Given<Row>): ReactElement {
  const { selected, onSelect } = selecting;
  const isEvery = rows.length > 0 && selected.size >= rows.length;
  const text = words.selectAll(label);
  return (
    <Checkbox
      {...(isLabelled ? { label: text } : { "aria-label": text })}
      checked={isEvery ? true : selected.size > 0 ? "mixed" : false}
      onChange={() => onSelect(isEvery ? new Set() : new Set(rows.map((row) => idOf(row))))}
    />
  );
}
