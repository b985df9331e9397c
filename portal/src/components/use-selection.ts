import { useState } from "react";

import type { Query } from "../api/read.ts";
import type { Selecting } from "./list-view.tsx";
import { NOTHING, keptFor, type Selection } from "./selection.ts";

/** What is selected in a list that is asked for *query*. */
export function useSelection(query: Query): Selecting {
  const [selection, onSelect] = useState<Selection>(NOTHING);
  const kept = keptFor(selection, query);
  if (kept !== selection) {
    onSelect(kept); // it does not come back with the filter that it was of
  }
  return { selection: kept, onSelect };
}
