import { Caption1 } from "@fluentui/react-components";
import { Fragment, useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useMay } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOne, type Found } from "../../api/read.ts";
import type { Column } from "../../components/data-table.tsx";
import type { Choice } from "../../components/form/fields.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { inWords, type Filter } from "../../components/list-state.ts";
import { moment } from "../../components/moments.ts";
import { regionName } from "../../components/region-names.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/cloud-pcs.ts";
import { isRunning, type CloudPc } from "./api.ts";
import { BulkBar } from "./bulk-bar.tsx";

type Summary = Found<"/tenants/{tenant}/summary">;
const PAGE = 200;

const LISTED: Listed<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/cloudPCs"> = {
  path: `${ROOT}/cloudPCs`,
  words,
  columns: columnsOf,
  idOf: (row) => row.id,
  nameOf: ({ displayName, managedDeviceName }) =>
    managedDeviceName ? `${displayName} (${managedDeviceName})` : displayName,
  runs: isRunning,
  isById: true,
  size: PAGE,
  query: { $count: "true", $orderby: "displayName" },
  isSearchable: true,
  csv: "cloud-pcs",
  create: { wizard: "create-provisioning-policy", title: words.newPolicy },
};

/** All Cloud PCs of a tenant: search, filter, order, select, and do something with many. */
export function CloudPcsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const summary = useOne("/tenants/{tenant}/summary", { tenant });
  const filters = useMemo(() => filtersOf(summary.data), [summary.data]);
  const mayBulk = useMay("bulkActions/create");
  return (
    <ListPage
      listed={LISTED}
      filters={filters}
      isSelectable={mayBulk}
      above={({ query, list, state, selecting }) =>
        selecting && (
          <BulkBar tenant={tenant} selecting={selecting} query={query} list={list} filter={inWords(state, filters)} />
        )
      }
    />
  );
}

/** What there is to filter by: only what some Cloud PC has. */
function filtersOf(summary: Summary | undefined): Filter[] {
  const statuses = Object.entries(summary?.statuses ?? {}).filter(([, count]) => count > 0);
  return [
    {
      name: "status",
      title: words.columns.status,
      property: "status",
      choices: statuses.map(([value]) => ({ value, title: titleOf(value) })),
    },
    {
      name: "policy",
      title: words.columns.policy,
      property: "provisioningPolicyId",
      choices: sharesOf(summary?.provisioningPolicies),
    },
    { name: "plan", title: words.columns.plan, property: "servicePlanId", choices: sharesOf(summary?.servicePlans) },
    { name: "region", title: words.columns.region, property: "deviceRegionName", choices: regionsOf(summary?.regions) },
    {
      name: "connection",
      title: words.columns.connection,
      property: "onPremisesConnectionId",
      choices: sharesOf(summary?.connections),
    },
  ];
}

function sharesOf(shares: Summary["regions"] = []): Choice[] {
  return shares.flatMap(({ id, displayName }) => {
    const value = id ?? displayName;
    return value ? [{ value, title: displayName ?? value }] : [];
  });
}

function regionsOf(shares?: Summary["regions"]): Choice[] {
  return sharesOf(shares).map((each) => ({ ...each, title: regionName(each.title) }));
}

/** All plans begin with the same words, and a column is narrow. */
function shortPlan(name: string): string {
  return name.replace(/^Cloud PC (Enterprise )?/, "");
}

/** A principal name, which is cut at its @ where it is too long for a line. */
function UserName({ name }: { readonly name: string }): ReactElement {
  const [local = "", ...domain] = name.split("@");
  return (
    <>
      {local}
      {domain.map((each) => (
        <Fragment key={each}>
          <wbr />@{each}
        </Fragment>
      ))}
    </>
  );
}

function columnsOf(tenant: string): Column<CloudPc>[] {
  return [
    {
      id: "name",
      width: "21%",
      title: words.columns.name,
      sort: "displayName",
      cell: (row) => (
        <>
          <Link to={`/t/${tenant}/cloud-pcs/${row.id}`}>{row.displayName}</Link>
          {row.managedDeviceName ? <Caption1 block>{row.managedDeviceName}</Caption1> : null}
        </>
      ),
    },
    {
      id: "user",
      width: "17%",
      title: words.columns.user,
      sort: "userPrincipalName",
      cell: (row) => <UserName name={row.userPrincipalName} />,
    },
    {
      id: "status",
      width: "15%",
      title: words.columns.status,
      sort: "status",
      cell: (row) => <StatusBadge status={row.status} />,
    },
    {
      id: "policy",
      width: "9%",
      title: words.columns.policy,
      sort: "provisioningPolicyName",
      cell: (row) => row.provisioningPolicyName ?? "-",
    },
    {
      id: "plan",
      width: "16%",
      title: words.columns.plan,
      sort: "servicePlanName",
      cell: (row) => shortPlan(row.servicePlanName),
    },
    {
      id: "region",
      width: "10%",
      title: words.columns.region,
      sort: "deviceRegionName",
      cell: (row) => (row.deviceRegionName ? regionName(row.deviceRegionName) : "-"),
    },
    {
      id: "changed",
      width: "12%",
      title: words.columns.changed,
      sort: "lastModifiedDateTime",
      cell: (row) => moment(row.lastModifiedDateTime),
    },
  ];
}
