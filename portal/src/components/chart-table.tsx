import { useMemo, type ReactElement } from "react";

import { words } from "../words/charts.ts";
import type { Series } from "./chart.tsx";
import { datedOf, written } from "./chart-words.ts";
import { DataTable, type Column } from "./data-table.tsx";

interface Interval {
  readonly place: number;
}

interface Given {
  readonly label: string;
  readonly from: number;
  readonly step: number;
  readonly count: number;
  readonly series: readonly Series[];
  readonly marks: readonly string[];
}

/** The numbers of a chart as a table, the latest first. */
export function ChartTable({ label, from, step, count, series, marks }: Given): ReactElement {
  const columns = useMemo(
    (): Column<Interval>[] => [
      { id: "from", width: "130px", title: words.from, cell: ({ place }) => datedOf(step).format(from + place * step) },
      ...series.map(({ id, title, values }): Column<Interval> => ({
        id,
        title,
        cell: ({ place }) => written(values[place]),
      })),
      ...(marks.length === 0
        ? []
        : [{ id: "marks", width: "40%", title: words.marks, cell: ({ place }: Interval) => marks[place] || "-" }]),
    ],
    [from, step, series, marks],
  );
  const rows = useMemo(() => Array.from({ length: count }, (_, place) => ({ place: count - 1 - place })), [count]);
  return <DataTable label={label} rows={rows} columns={columns} idOf={({ place }) => String(place)} />;
}
