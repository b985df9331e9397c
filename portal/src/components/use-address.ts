import { useCallback } from "react";
import { useSearchParams } from "react-router";

import type { Order } from "./data-table.tsx";

/** A value that lives in the page's address, so that a link shows the same to everybody. */
export function useAddress(name: string): [string, (value: string) => void] {
  const [search, setSearch] = useSearchParams();
  const set = useCallback(
    (value: string) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === "") {
            next.delete(name);
          } else {
            next.set(name, value);
          }
          return next;
        },
        { replace: true },
      ),
    [name, setSearch],
  );
  return [search.get(name) ?? "", set];
}

/** The order of a list in the page's address: `sort=createdDateTime desc`. */
export function useOrder(usual?: Order): [Order | undefined, (order: Order) => void] {
  const [text, setText] = useAddress("sort");
  const [by, direction] = text.split(" ");
  const order = by ? { by, descending: direction === "desc" } : usual;
  const set = useCallback((next: Order) => setText(`${next.by}${next.descending ? " desc" : ""}`), [setText]);
  return [order, set];
}
