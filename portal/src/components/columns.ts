/** What a list of rows declares: its columns, its order, what is selected. */

import type { ReactNode } from "react";

import type { Selecting } from "./list-view.tsx";

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

/** The rows of a list, and what can be done with the list as a whole. */
export interface RowsGiven<Row> {
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

export type Toggle = (index: number, isRange: boolean) => void;

/** One row as it is drawn, as a line of a table or as a card. */
export interface RowGiven {
  readonly name: string;
  readonly index: number;
  readonly row: unknown;
  readonly columns: readonly Column<unknown>[];
  /** Undefined where rows cannot be selected. */
  readonly isSelected: boolean | undefined;
  readonly onToggle: Toggle;
}

/** Rows that are drawn beyond those in view; when they come to the end, more rows are read. */
export const BEFOREHAND = 12;

/** Pixels: a column without a width in pixels is never narrower. */
const COLUMN = 96;
const PERCENT = 100;
/** Pixels: left and right of what a cell shows. */
const PADDING = 16;
const CHECKBOX = 60;

/**
 * Return how wide a table has to be, in pixels, so that each column has its width, and those without one have room
 * beside those that take a share of the whole: a narrower window scrolls.
 */
export function leastWidth(columns: readonly Pick<Column<never>, "width">[], hasCheckboxes: boolean): number {
  let [fixed, shares, sharing] = [hasCheckboxes ? CHECKBOX : 0, 0, 0];
  for (const { width } of columns) {
    if (width?.endsWith("px")) {
      fixed += Number.parseInt(width, 10) + PADDING;
    } else if (width?.endsWith("%")) {
      shares += Number.parseInt(width, 10) / PERCENT;
      sharing += COLUMN;
    } else {
      fixed += COLUMN;
    }
  }
  const beside = shares < 1 ? fixed / (1 - shares) : 0;
  return Math.ceil(Math.max(beside, fixed + sharing));
}
