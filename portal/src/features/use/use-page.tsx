import { Caption1 } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import type { RowOf } from "../../api/read.ts";
import type { Column } from "../../components/data-table.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { region } from "../../words/language.ts";
import { words } from "../../words/use.ts";

const PATH = `${ROOT}/reports/cloudPcUse` as const;
type Row = RowOf<typeof PATH>;

const MINUTES_OF_AN_HOUR = 60;
const PERCENT = 100;
const hours = new Intl.NumberFormat(region, { maximumFractionDigits: 1 });

const LISTED: Listed<typeof PATH> = {
  path: PATH,
  words,
  columns: columnsOf,
  idOf: (row) => row.id,
  isSearchable: true,
  csv: "use",
};

/** How long each Cloud PC was on and used. */
export function UsePage(): ReactElement {
  return <ListPage listed={LISTED} />;
}

function columnsOf(tenant: string): Column<Row>[] {
  return [
    {
      id: "user",
      width: "20%",
      title: words.columns.user,
      sort: "userPrincipalName",
      cell: (row) => (
        <>
          <Link to={`/t/${tenant}/cloud-pcs/${row.id}`}>{row.userPrincipalName}</Link>
          {row.managedDeviceName ? <Caption1 block>{row.managedDeviceName}</Caption1> : null}
        </>
      ),
    },
    { id: "policy", title: words.columns.policy, cell: (row) => row.provisioningPolicyName ?? "-" },
    { id: "plan", width: "15%", title: words.columns.plan, cell: (row) => row.servicePlanName },
    { id: "on", title: words.columns.on, sort: "minutesOn", cell: (row) => written(row.minutesOn) },
    { id: "active", title: words.columns.active, sort: "minutesActive", cell: (row) => written(row.minutesActive) },
    { id: "share", title: words.columns.share, cell: shareOf },
    {
      id: "connections",
      title: words.columns.connections,
      sort: "connections",
      cell: (row) => String(row.connections),
    },
    { id: "last", title: words.columns.last, sort: "daysSinceLastSignIn", cell: lastOf },
  ];
}

function written(minutes: number): string {
  return hours.format(minutes / MINUTES_OF_AN_HOUR);
}

function shareOf({ minutesOn, minutesActive }: Row): string {
  return minutesOn === 0 ? "-" : `${Math.round((minutesActive / minutesOn) * PERCENT)} %`;
}

function lastOf({ neverSignedIn, daysSinceLastSignIn }: Row): string {
  if (neverSignedIn) {
    return words.never;
  }
  if (daysSinceLastSignIn === 0) {
    return words.today;
  }
  return typeof daysSinceLastSignIn === "number" ? words.days({ count: daysSinceLastSignIn }) : "-";
}
