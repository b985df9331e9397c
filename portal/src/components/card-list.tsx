import { Field, Select, makeStyles, tokens } from "@fluentui/react-components";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useLayoutEffect, useRef, useState, type ReactElement } from "react";

import { words } from "../words/lists.ts";
import { BEFOREHAND, type Column, type Order, type RowGiven, type RowsGiven } from "./columns.ts";
import { orderOf, orderText } from "./list-state.ts";
import { Panel } from "./panel.tsx";
import { moveByArrows, useEnd, useToggle } from "./row-behaviour.ts";
import { SelectAll } from "./select-all.tsx";
import { SelectRow } from "./select-row.tsx";
import { isChosen } from "./selection.ts";

/** How high a card is before it is drawn, in pixels. */
const LINE = 28;

const useStyles = makeStyles({
  tools: { display: "grid", rowGap: tokens.spacingVerticalS, marginBottom: tokens.spacingVerticalM },
  list: { listStyleType: "none", margin: 0, padding: 0 },
  item: { paddingBottom: tokens.spacingVerticalS },
  head: { display: "flex", alignItems: "center", fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
  facts: {
    display: "grid",
    gridTemplateColumns: "minmax(80px, max-content) minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    margin: 0,
    "& dt": { color: tokens.colorNeutralForeground2 },
    "& dd": { margin: 0, overflowWrap: "anywhere" },
  },
});

/** A list of any length in a narrow window: each row is a card, and the window scrolls. */
export function CardList<Row>(given: RowsGiven<Row>): ReactElement {
  const { label, rows, columns, idOf, nameOf = idOf, order, onOrder, selecting, onEnd } = given;
  const styles = useStyles();
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((list.current?.getBoundingClientRect().top ?? 0) + scrollY), []);
  // React Compiler is not used here, which is all that the rule warns of.
  // oxlint-disable-next-line react/incompatible-library
  const shown = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => LINE * (columns.length + 1),
    overscan: BEFOREHAND,
    scrollMargin: top,
  });
  const items = shown.getVirtualItems();
  useEnd(items.at(-1)?.index ?? 0, rows.length, onEnd);
  const toggle = useToggle(rows, idOf, selecting);
  const above = (items[0]?.start ?? top) - top;
  const below = shown.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  const sorted = columns.filter(({ sort }) => sort !== undefined);
  return (
    <>
      {(selecting !== undefined || (onOrder !== undefined && sorted.length > 0)) && (
        <div className={styles.tools}>
          {onOrder !== undefined && sorted.length > 0 && (
            <OrderChoice columns={sorted} order={order} onOrder={onOrder} />
          )}
          {selecting !== undefined && (
            <SelectAll label={label} rows={rows} idOf={idOf} selecting={selecting} isLabelled />
          )}
        </div>
      )}
      {/* The arrows only move the focus between controls of its cards. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul
        ref={list}
        className={styles.list}
        style={{ paddingTop: `${above}px`, paddingBottom: `${Math.max(0, below)}px` }}
        aria-label={label}
        onKeyDown={moveByArrows}
      >
        {items.map((item) => {
          const row = rows[item.index] as Row;
          const id = idOf(row);
          return (
            <li key={id} ref={shown.measureElement} data-index={item.index} className={styles.item}>
              <RowCard
                name={nameOf(row)}
                index={item.index}
                row={row}
                columns={columns as readonly Column<unknown>[]}
                isSelected={selecting && isChosen(selecting.selection, id)}
                onToggle={toggle}
              />
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** One row: its first column as the title, the others as names and values. What a row has not is left out. */
const RowCard = memo(function DrawnCard({ name, index, row, columns, isSelected, onToggle }: RowGiven): ReactElement {
  const styles = useStyles();
  const [first, ...others] = columns.map(({ id, title, cell }) => ({ id, title, shown: cell(row) }));
  return (
    <Panel>
      <div className={styles.head}>
        {isSelected !== undefined && (
          <SelectRow name={name} index={index} isSelected={isSelected} onToggle={onToggle} />
        )}
        <span>{first?.shown}</span>
      </div>
      <dl className={styles.facts}>
        {others
          .filter(({ shown }) => shown !== "-" && shown !== "")
          .map(({ id, title, shown }) => (
            <div key={id} style={{ display: "contents" }}>
              <dt>{title}</dt>
              <dd>{shown}</dd>
            </div>
          ))}
      </dl>
    </Panel>
  );
});

interface OrderGiven<Row> {
  readonly columns: readonly Column<Row>[];
  readonly order: Order | undefined;
  readonly onOrder: (order: Order) => void;
}

/** What the headers of a table do: by which column, and in which direction. */
function OrderChoice<Row>({ columns, order, onOrder }: OrderGiven<Row>): ReactElement {
  return (
    <Field label={words.order}>
      <Select
        value={order === undefined ? "" : orderText(order)}
        onChange={(_, { value }) => {
          const chosen = orderOf(value);
          if (chosen !== undefined) {
            onOrder(chosen);
          }
        }}
      >
        {order === undefined && <option value="">{words.usualOrder}</option>}
        {columns.flatMap(({ sort = "", title }) => [
          <option key={sort} value={sort}>
            {words.ascending({ title })}
          </option>,
          <option key={`${sort} desc`} value={`${sort} desc`}>
            {words.descending({ title })}
          </option>,
        ])}
      </Select>
    </Field>
  );
}
