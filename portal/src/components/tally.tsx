import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words } from "../words/lists.ts";
import { StatusBadge } from "./status-badge.tsx";

const useStyles = makeStyles({
  list: {
    display: "flex",
    flexWrap: "wrap",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalS,
    listStyleType: "none",
    padding: 0,
    margin: `0 0 ${tokens.spacingVerticalM}`,
  },
  item: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalXS },
  count: {
    fontSize: tokens.fontSizeBase400,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: "tabular-nums",
  },
});

interface Given<Row> {
  readonly rows: readonly Row[];
  readonly isWhole: boolean;
  readonly statusOf: (row: Row) => string;
}

/** How many rows have which status; only where all rows were read. */
export function Tally<Row>({ rows, isWhole, statusOf }: Given<Row>): ReactElement | null {
  const styles = useStyles();
  const counts = new Map<string, number>();
  for (const row of rows) {
    counts.set(statusOf(row), (counts.get(statusOf(row)) ?? 0) + 1);
  }
  if (!isWhole || rows.length === 0) {
    return null;
  }
  return (
    <ul className={styles.list} aria-label={words.tally}>
      {[...counts].map(([status, count]) => (
        <li key={status} className={styles.item}>
          <span className={styles.count}>{count}</span>
          <StatusBadge status={status} />
        </li>
      ))}
    </ul>
  );
}
