import { useMemo, type ReactElement } from "react";
import { Link } from "react-router";

import type { components } from "../../api/schema.d.ts";
import type { Found } from "../../api/read.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/home.ts";

type Share = components["schemas"]["Share"];
type Summary = Found<"/tenants/{tenant}/summary">;

/** How the Cloud PCs are shared out, by policy, plan and region. */
export function Shares({ tenant, summary }: { readonly tenant: string; readonly summary: Summary }): ReactElement | null {
  const columns = useMemo(
    () => ({ policy: columnsOf(tenant, "policy"), plan: columnsOf(tenant, "plan"), region: columnsOf(tenant, "region") }),
    [tenant],
  );
  if (summary.total === 0) {
    return null;
  }
  const parts = [
    ["policy", summary.provisioningPolicies],
    ["plan", summary.servicePlans],
    ["region", summary.regions],
  ] as const;
  return (
    <>
      {parts.map(([filter, shares]) => (
        <Section key={filter} title={words.shares[filter]}>
          <DataTable label={words.shares[filter]} rows={shares} columns={columns[filter]} idOf={nameOf} />
        </Section>
      ))}
    </>
  );
}

function nameOf({ id, displayName }: Share): string {
  return displayName ?? id ?? words.nothing;
}

function columnsOf(tenant: string, filter: string): Column<Share>[] {
  return [
    {
      id: "name",
      width: "46%",
      title: words.shareColumns.name,
      cell: (row) => {
        const value = row.id ?? row.displayName;
        return value ? <Link to={`/t/${tenant}/cloud-pcs?${filter}=${encodeURIComponent(value)}`}>{nameOf(row)}</Link> : nameOf(row);
      },
    },
    { id: "count", title: words.shareColumns.count, cell: (row) => String(row.count) },
    { id: "ready", title: words.shareColumns.ready, cell: (row) => String(row.statuses["provisioned"] ?? 0) },
    { id: "failed", title: words.shareColumns.failed, cell: (row) => String(row.statuses["failed"] ?? 0) },
  ];
}
