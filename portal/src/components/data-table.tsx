import {
  Checkbox,
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
import { memo, useCallback, useEffect, useRef, type KeyboardEvent, type ReactElement, type ReactNode } from "react";

import { words } from "../words/lists.ts";
import type { Selecting } from "./list-view.tsx";
import { rangeOf } from "./selection.ts";

const ROW = 44;
const BEFOREHAND = 12;
/** A column is never narrower, in pixels: a narrow window scrolls. */
const COLUMN = 125;

/** One column: what its header says, and the cell of a row. A column with `sort` can be ordered by. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** The property that the service orders by. */
  readonly sort?: string;
  /** How wide it is, as CSS has it; its share of the rest when left out. */
  readonly width?: string;
}

/** The order of a list: a property, and whether the largest comes first. */
export interface Order {
  readonly by: string;
  readonly descending: boolean;
}

interface Given<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly idOf: (row: Row) => string;
  readonly nameOf?: (row: Row) => string;
  readonly order?: Order | undefined;
  readonly onOrder?: (order: Order) => void;
  readonly selecting?: Selecting | undefined;
  /** Called when the last rows come into view. */
  readonly onEnd?: () => void;
}

const useStyles = makeStyles({
  frame: { overflow: "auto", maxHeight: "calc(100vh - 220px)", borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  header: { position: "sticky", top: 0, zIndex: 1, backgroundColor: tokens.colorNeutralBackground1 },
  title: { fontWeight: tokens.fontWeightSemibold },
  narrow: { width: "44px" },
  cell: { display: "block", overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
});

/** A list of any length: only the rows in view are in the page. */
export function DataTable<Row>(given: Given<Row>): ReactElement {
  const { label, rows, columns, idOf, nameOf = idOf, order, onOrder, selecting, onEnd } = given;
  const styles = useStyles();
  const frame = useRef<HTMLElement>(null);
  // React Compiler is not used here, which is all that the rule warns of.
  // oxlint-disable-next-line react/incompatible-library
  const shown = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: BEFOREHAND,
  });
  const items = shown.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - BEFOREHAND) {
      onEnd?.();
    }
  }, [last, rows.length, onEnd]);
  const toggle = useToggle(rows, idOf, selecting);
  const above = items[0]?.start ?? 0;
  const below = shown.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    // A region that scrolls must be reachable by the keyboard (WCAG 2.1.1).
    // The arrows only move the focus between controls of its rows.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
    <section className={styles.frame} ref={frame} aria-label={label} tabIndex={0} onKeyDown={moveByArrows}>
      <Table style={{ minWidth: `${columns.length * COLUMN}px` }} aria-label={label} aria-rowcount={rows.length + 1} size="small">
        <TableHeader className={styles.header}>
          <TableRow aria-rowindex={1}>
            {selecting !== undefined && <SelectAll label={label} rows={rows} idOf={idOf} selecting={selecting} />}
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
                isSelected={selecting?.selected.has(id)}
                onToggle={toggle}
              />
            );
          })}
          <Space height={below} />
        </TableBody>
      </Table>
    </section>
  );
}

type Toggle = (index: number, isRange: boolean) => void;

/** Return what selects a row, or with shift all rows from the one before. It never changes, so that rows need not. */
function useToggle<Row>(rows: readonly Row[], idOf: (row: Row) => string, selecting: Selecting | undefined): Toggle {
  const latest = useRef({ rows, idOf, selecting });
  const before = useRef<number | null>(null);
  useEffect(() => {
    latest.current = { rows, idOf, selecting };
  });
  return useCallback((index, isRange) => {
    const now = latest.current;
    if (now.selecting !== undefined) {
      const ids = now.rows.map((row) => now.idOf(row));
      now.selecting.onSelect(rangeOf(ids, now.selecting.selected, index, isRange ? before.current : null));
      before.current = index;
    }
  }, []);
}

/** Go to the same place of the row above or below. */
function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === "ArrowDown" ? "nextElementSibling" : event.key === "ArrowUp" ? "previousElementSibling" : null;
  const from = event.target instanceof HTMLElement ? event.target : null;
  const row = from?.closest("tr");
  if (step === null || from === null || !row) {
    return;
  }
  const place = [...row.querySelectorAll("a, button, input")].indexOf(from);
  const next = row[step]?.querySelectorAll<HTMLElement>("a, button, input")[place];
  if (next !== undefined) {
    event.preventDefault();
    next.focus();
  }
}

function SelectAll<Row>(given: {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly selecting: Selecting;
}): ReactElement {
  const styles = useStyles();
  const { label, rows, idOf, selecting } = given;
  const { selected, onSelect } = selecting;
  const isEvery = rows.length > 0 && selected.size >= rows.length;
  return (
    <TableHeaderCell className={styles.narrow}>
      <Checkbox
        aria-label={words.selectAll(label)}
        checked={isEvery ? true : selected.size > 0 ? "mixed" : false}
        onChange={() => onSelect(isEvery ? new Set() : new Set(rows.map((row) => idOf(row))))}
      />
    </TableHeaderCell>
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

interface LineGiven {
  readonly name: string;
  readonly index: number;
  readonly row: unknown;
  readonly columns: readonly Column<unknown>[];
  readonly isSelected: boolean | undefined;
  readonly onToggle: Toggle;
}

/** One row. It is drawn again only when its own row, its columns or its selection change. */
const Line = memo(function DrawnLine({ name, index, row, columns, isSelected, onToggle }: LineGiven): ReactElement {
  const styles = useStyles();
  return (
    <TableRow aria-rowindex={index + 2} aria-selected={isSelected} style={{ height: `${ROW}px` }}>
      {isSelected !== undefined && (
        <TableCell className={styles.narrow}>
          <Checkbox
            aria-label={words.select(name)}
            checked={isSelected}
            onChange={({ nativeEvent }) => onToggle(index, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
          />
        </TableCell>
      )}
      {columns.map((column) => {
        const shown = column.cell(row);
        return (
          <TableCell key={column.id}>
            <span className={styles.cell} {...(typeof shown === "string" ? { title: shown } : {})}>
              {shown}
            </span>
          </TableCell>
        );
      })}
    </TableRow>
  );
});

function Space({ height }: { readonly height: number }): ReactElement | null {
  return height > 0 ? <tr aria-hidden="true" style={{ height: `${height}px` }} /> : null;
}
