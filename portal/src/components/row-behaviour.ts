/** What the rows of a list do, however they are drawn. */

import { useCallback, useEffect, useRef, useSyncExternalStore, type KeyboardEvent } from "react";

import { BEFOREHAND, type Toggle } from "./columns.ts";
import type { Selecting } from "./list-view.tsx";
import { toggleRow } from "./selection.ts";

/** Narrower than this no table is readable: each row becomes a card. */
const NARROW = "(max-width: 640px)";
const CONTROLS = "a, button, input";

/** Return whether the window is too narrow for a table. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(onWidthChange, () => matchMedia(NARROW).matches);
}

function onWidthChange(changed: () => void): () => void {
  const media = matchMedia(NARROW);
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}

/** Return what selects a row, or with shift all rows from the one before. It never changes, so that rows need not. */
export function useToggle<Row>(
  rows: readonly Row[],
  idOf: (row: Row) => string,
  selecting: Selecting | undefined,
): Toggle {
  const latest = useRef({ rows, idOf, selecting });
  const before = useRef<string | null>(null);
  useEffect(() => {
    latest.current = { rows, idOf, selecting };
  });
  return useCallback((index, isRange) => {
    const now = latest.current;
    if (now.selecting !== undefined) {
      const ids = now.rows.map((row) => now.idOf(row));
      now.selecting.onSelect(toggleRow(now.selecting.selection, ids, index, isRange ? before.current : null));
      before.current = ids[index] ?? null;
    }
  }, []);
}

/** Say when the last of *count* rows are in view; *last*: the index of the last one that is drawn. */
export function useEnd(last: number, count: number, onEnd: (() => void) | undefined): void {
  useEffect(() => {
    if (count > 0 && last >= count - BEFOREHAND) {
      onEnd?.();
    }
  }, [last, count, onEnd]);
}

/** Go to the same place of the row above or below. */
export function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const step =
    event.key === "ArrowDown" ? "nextElementSibling" : event.key === "ArrowUp" ? "previousElementSibling" : null;
  const from = event.target instanceof HTMLElement ? event.target : null;
  const row = from?.closest("tr, li");
  if (step === null || from === null || !row) {
    return;
  }
  const place = [...row.querySelectorAll(CONTROLS)].indexOf(from);
  const next = row[step]?.querySelectorAll<HTMLElement>(CONTROLS)[place];
  if (next !== undefined) {
    event.preventDefault();
    next.focus();
  }
}
