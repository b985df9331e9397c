import { Caption1 } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import type { RowOf } from "../../api/read.ts";
import type { Column } from "../../components/data-table.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import type { Filter } from "../../components/list-state.ts";
import { sentence } from "../../words/sentence.ts";
import { words } from "../../words/size-advice.ts";

const PATH = `${ROOT}/reports/sizeAdvice` as const;
type Row = RowOf<typeof PATH>;

const FILTERS: readonly Filter[] = [
  {
    name: "insight",
    title: words.insight,
    property: "usageInsight",
    choices: Object.entries(words.insights).map(([value, title]) => ({ value, title })),
  },
];
const LISTED: Listed<typeof PATH> = {
  path: PATH,
  words,
  columns: columnsOf,
  filters: FILTERS,
  idOf: (row) => row.id,
  isSearchable: true,
  csv: "size-advice",
};

/** Whether the plan of each Cloud PC fits its use, or why nothing can be said. */
export function SizeAdvicePage(): ReactElement {
  return <ListPage listed={LISTED} />;
}

function columnsOf(tenant: string): Column<Row>[] {
  const { columns } = words;
  return [
    {
      id: "user",
      width: "18%",
      title: columns.user,
      sort: "userPrincipalName",
      cell: (row) => (
        <>
          <Link to={`/t/${tenant}/cloud-pcs/${row.id}`}>{row.userPrincipalName}</Link>
          {row.managedDeviceName ? <Caption1 block>{row.managedDeviceName}</Caption1> : null}
        </>
      ),
    },
    { id: "plan", title: columns.plan, sort: "servicePlanName", cell: (row) => row.servicePlanName },
    {
      id: "insight",
      title: columns.insight,
      sort: "usageInsight",
      cell: ({ usageInsight }) => (usageInsight === null ? words.noInsight : words.insights[usageInsight]),
    },
    { id: "recommended", width: "112px", title: columns.recommended, cell: (row) => row.recommendedPlanName ?? "-" },
    { id: "cpu", width: "56px", title: columns.cpu, sort: "cpuPercent", cell: (row) => percent(row.cpuPercent) },
    {
      id: "memory",
      width: "72px",
      title: columns.memory,
      sort: "memoryPercent",
      cell: (row) => percent(row.memoryPercent),
    },
    { id: "days", width: "64px", title: columns.days, sort: "days", cell: (row) => String(row.days) },
    { id: "reason", width: "22%", title: columns.reason, cell: (row) => sentence(row.reason) },
  ];
}

function percent(value: number | null): string {
  return value === null ? "-" : words.percent({ value });
}
