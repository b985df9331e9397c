import {
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useRef, type ReactElement } from "react";

import { BEFOREHAND, leastWidth, type Column, type Order, type RowGiven, type RowsGiven } from "./columns.ts";
import { useDensity } from "./density.ts";
import { moveByArrows, useEnd, useToggle } from "./row-behaviour.ts";
import { SelectAll } from "./select-all.tsx";
import { SelectRow } from "./select-row.tsx";
import { isChosen } from "./selection.ts";

const ROWS = { comfortable: 44, compact: 34 } as const;

const useStyles = makeStyles({
  frame: {
    overflow: "auto",
    maxHeight: "max(320px, calc(100vh - 220px))",
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  header: { position: "sticky", top: 0, zIndex: 1, backgroundColor: tokens.colorNeutralBackground1 },
  title: { fontWeight: tokens.fontWeightSemibold },
  narrow: { width: "44px" },
  text: {
    display: "-webkit-box",
    WebkitBoxOrient: "vertical",
    WebkitLineClamp: "2",
    overflow: "hidden",
    overflowWrap: "anywhere",
  },
  /** What can have the focus is never cut: the row grows. */
  controls: { display: "block", overflowWrap: "anywhere" },
});

/** A list of any length as a table: only the rows in view are in the page, each two lines high or more. */
export function WideTable<Row>(given: RowsGiven<Row>): ReactElement {
  const { label, rows, columns, idOf, nameOf = idOf, order, onOrder, selecting, onEnd } = given;
  const styles = useStyles();
  const density = useDensity();
  const least = ROWS[density];
  const frame = useRef<HTMLElement>(null);
  // React Compiler is not used here, which is all that the rule warns of.
  // oxlint-disable-next-line react/incompatible-library
  const shown = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => least,
    overscan: BEFOREHAND,
  });
  const items = shown.getVirtualItems();
  useEnd(items.at(-1)?.index ?? 0, rows.length, onEnd);
  const toggle = useToggle(rows, idOf, selecting);
  const above = items[0]?.start ?? 0;
  const below = shown.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    // A region that scrolls must be reachable by the keyboard (WCAG 2.1.1).
    // The arrows only move the focus between controls of its rows.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
    <section className={styles.frame} ref={frame} aria-label={label} tabIndex={0} onKeyDown={moveByArrows}>
      <Table
        style={{ minWidth: `${leastWidth(columns, selecting !== undefined)}px` }}
        aria-label={label}
        aria-rowcount={rows.length + 1}
        size={density === "compact" ? "extra-small" : "small"}
      >
        <TableHeader className={styles.header}>
          <TableRow aria-rowindex={1}>
            {selecting !== undefined && (
              <TableHeaderCell className={styles.narrow}>
                <SelectAll label={label} rows={rows} idOf={idOf} selecting={selecting} />
              </TableHeaderCell>
            )}
            {columns.map((column) => (
              <HeaderCell key={column.id} column={column} order={order} onOrder={onOrder} />
            ))}
          </TableRow>
        </TableHeader>
        <TableBody>
          <Space height={above} />
          {items.map((item) => {
            const row = rows[item.index] as Row;
            const id = idOf(row);
            return (
              <Line
                key={id}
                name={nameOf(row)}
                index={item.index}
                row={row}
                columns={columns as readonly Column<unknown>[]}
                isSelected={selecting && isChosen(selecting.selection, id)}
                onToggle={toggle}
                measure={shown.measureElement}
                least={least}
              />
            );
          })}
          <Space height={below} />
        </TableBody>
      </Table>
    </section>
  );
}

function HeaderCell<Row>(given: {
  readonly column: Column<Row>;
  readonly order: Order | undefined;
  readonly onOrder: ((order: Order) => void) | undefined;
}): ReactElement {
  const styles = useStyles();
  const { column, order, onOrder } = given;
  const { sort } = column;
  const style = column.width === undefined ? {} : { style: { width: column.width } };
  if (sort === undefined || onOrder === undefined) {
    return (
      <TableHeaderCell {...style}>
        <span className={styles.title}>{column.title}</span>
      </TableHeaderCell>
    );
  }
  const isOrdered = order?.by === sort;
  const direction = order?.descending ? "descending" : "ascending";
  return (
    <TableHeaderCell
      sortable
      {...style}
      {...(isOrdered ? { sortDirection: direction } : {})}
      aria-sort={isOrdered ? direction : "none"}
      onClick={() => onOrder({ by: sort, descending: isOrdered && !order.descending })}
    >
      <span className={styles.title}>{column.title}</span>
    </TableHeaderCell>
  );
}

interface LineGiven extends RowGiven {
  /** Learns how high a row is. */
  readonly measure: (row: HTMLElement | null) => void;
  /** How high it is at least, in pixels. */
  readonly least: number;
}

/** One row. It is drawn again only when its own row, its columns or its selection change. */
const Line = memo(function DrawnLine({
  name,
  index,
  row,
  columns,
  isSelected,
  onToggle,
  measure,
  least,
}: LineGiven): ReactElement {
  const styles = useStyles();
  return (
    <TableRow
      ref={measure}
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      style={{ height: `${least}px` }}
    >
      {isSelected !== undefined && (
        <TableCell className={styles.narrow}>
          <SelectRow name={name} index={index} isSelected={isSelected} onToggle={onToggle} />
        </TableCell>
      )}
      {columns.map((column) => {
        const shown = column.cell(row);
        return (
          <TableCell key={column.id}>
            {typeof shown === "string" ? (
              <span className={styles.text} title={shown}>
                {shown}
              </span>
            ) : (
              <div className={styles.controls}>{shown}</div>
            )}
          </TableCell>
        );
      })}
    </TableRow>
  );
});

function Space({ height }: { readonly height: number }): ReactElement | null {
  return height > 0 ? <tr aria-hidden="true" style={{ height: `${height}px` }} /> : null;
}
