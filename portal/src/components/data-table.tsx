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
import { memo, useEffect, useRef, type ReactElement, type ReactNode } from "react";

const ROW = 44;
const BEFOREHAND = 12;

/** One column: what its header says, and the cell of a row. A column with `sort` can be ordered by. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** The property that the service orders by. */
  readonly sort?: string;
  /** The share of the width; 1 when left out. */
  readonly grow?: number;
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
  readonly order?: Order | undefined;
  readonly onOrder?: (order: Order) => void;
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (ids: ReadonlySet<string>) => void;
  /** Called when the last rows come into view. */
  readonly onEnd?: () => void;
}

const useStyles = makeStyles({
  frame: { overflow: "auto", maxHeight: "calc(100vh - 220px)", minHeight: "200px" },
  table: { minWidth: "640px" },
  header: { position: "sticky", top: 0, zIndex: 1, backgroundColor: tokens.colorNeutralBackground1 },
  narrow: { width: "44px" },
  cell: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
});

/** A list of any length: only the rows in view are in the page. */
export function DataTable<Row>(given: Given<Row>): ReactElement {
  const { label, rows, columns, idOf, order, onOrder, selected, onSelect, onEnd } = given;
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
  const above = items[0]?.start ?? 0;
  const below = shown.getTotalSize() - (items.at(-1)?.end ?? 0);
  const toggle = (id: string): void => {
    const next = new Set(selected);
    if (!next.delete(id)) {
      next.add(id);
    }
    onSelect?.(next);
  };
  const every = selected !== undefined && rows.length > 0 && selected.size === rows.length;
  const some = selected !== undefined && selected.size > 0;
  return (
    // A region that scrolls must be reachable by the keyboard (WCAG 2.1.1).
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className={styles.frame} ref={frame} aria-label={label} tabIndex={0}>
      <Table className={styles.table} aria-label={label} aria-rowcount={rows.length + 1} size="small">
        <TableHeader className={styles.header}>
          <TableRow aria-rowindex={1}>
            {onSelect !== undefined && (
              <TableHeaderCell className={styles.narrow}>
                <Checkbox
                  aria-label={`Select all of ${label}`}
                  checked={every ? true : some ? "mixed" : false}
                  onChange={() => onSelect(every ? new Set() : new Set(rows.map((row) => idOf(row))))}
                />
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
                id={id}
                index={item.index}
                row={row}
                columns={columns as readonly Column<unknown>[]}
                isSelected={selected?.has(id)}
                onToggle={onSelect === undefined ? undefined : toggle}
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
  const { column, order, onOrder } = given;
  const { sort } = column;
  if (sort === undefined || onOrder === undefined) {
    return <TableHeaderCell>{column.title}</TableHeaderCell>;
  }
  const isOrdered = order?.by === sort;
  const direction = order?.descending ? "descending" : "ascending";
  return (
    <TableHeaderCell
      sortable
      {...(isOrdered ? { sortDirection: direction } : {})}
      aria-sort={isOrdered ? direction : "none"}
      onClick={() => onOrder({ by: sort, descending: isOrdered && !order.descending })}
    >
      {column.title}
    </TableHeaderCell>
  );
}

interface LineGiven {
  readonly id: string;
  readonly index: number;
  readonly row: unknown;
  readonly columns: readonly Column<unknown>[];
  readonly isSelected: boolean | undefined;
  readonly onToggle: ((id: string) => void) | undefined;
}

/** One row. It is drawn again only when its own row, its columns or its selection change. */
const Line = memo(
  function DrawnLine({ id, index, row, columns, isSelected, onToggle }: LineGiven): ReactElement {
    const styles = useStyles();
    return (
      <TableRow aria-rowindex={index + 2} aria-selected={isSelected} style={{ height: `${ROW}px` }}>
        {onToggle !== undefined && (
          <TableCell className={styles.narrow}>
            <Checkbox aria-label={`Select ${id}`} checked={isSelected ?? false} onChange={() => onToggle(id)} />
          </TableCell>
        )}
        {columns.map((column) => (
          <TableCell key={column.id}>
            <span className={styles.cell}>{column.cell(row)}</span>
          </TableCell>
        ))}
      </TableRow>
    );
  },
  (before, after) =>
    before.row === after.row &&
    before.index === after.index &&
    before.columns === after.columns &&
    before.isSelected === after.isSelected,
);

function Space({ height }: { readonly height: number }): ReactElement | null {
  return height > 0 ? <tr aria-hidden="true" style={{ height: `${height}px` }} /> : null;
}
