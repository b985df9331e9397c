/** Which rows are selected after a click: pure. */

/** Select or unselect the row at *index*; with *from*, all between the two become what that row becomes. */
export function rangeOf(
  ids: readonly string[],
  selected: ReadonlySet<string>,
  index: number,
  from: number | null,
): ReadonlySet<string> {
  const next = new Set(selected);
  const [first, last] = from === null ? [index, index] : [Math.min(from, index), Math.max(from, index)];
  const isWanted = !selected.has(ids[index] ?? "");
  for (const id of ids.slice(first, last + 1)) {
    if (isWanted) {
      next.add(id);
    } else {
      next.delete(id);
    }
  }
  return next;
}
