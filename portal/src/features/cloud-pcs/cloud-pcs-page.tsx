import { Button, Select } from "@fluentui/react-components";
import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useAddress } from "../../components/use-address.ts";
import { titleOf } from "../../api/errors.ts";
import { words } from "../../words/cloud-pcs.ts";
import { useCloudPcs, type CloudPc } from "./api.ts";

const STATUSES = [
  "provisioned",
  "provisioning",
  "pendingProvision",
  "inGracePeriod",
  "failed",
  "notProvisioned",
  "resizing",
  "restoring",
  "deprovisioning",
] as const;

/** All Cloud PCs of a tenant. The filter is in the address. */
export function CloudPcsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const [status, setStatus] = useAddress("status");
  const list = useCloudPcs(tenant, status ? `status eq '${status}'` : "");
  const columns = useMemo(() => columnsOf(tenant), [tenant]);
  return (
    <>
      <PageHeader title={words.title}>
        <Select aria-label={words.status} value={status} onChange={(_, { value }) => setStatus(value)}>
          <option value="">{words.anyStatus}</option>
          {STATUSES.map((each) => (
            <option key={each} value={each}>
              {titleOf(each)}
            </option>
          ))}
        </Select>
        <AsOf query={list} />
      </PageHeader>
      <ListView
        label={words.title}
        list={list}
        columns={columns}
        idOf={(row) => row.id}
        none={<None tenant={tenant} filtered={status !== ""} clear={setStatus} />}
      />
    </>
  );
}

function None(given: {
  readonly tenant: string;
  readonly filtered: boolean;
  readonly clear: (value: string) => void;
}): ReactElement {
  if (given.filtered) {
    const action = <Button onClick={() => given.clear("")}>{words.clear}</Button>;
    return <EmptyState title={words.nothing} text={words.nothingText} action={action} />;
  }
  const link = <Link to={`/t/${given.tenant}/wizards/create-provisioning-policy`}>{words.newPolicy}</Link>;
  return <EmptyState title={words.none} text={words.noneText} action={link} />;
}

function columnsOf(tenant: string): Column<CloudPc>[] {
  return [
    {
      id: "name",
      title: words.columns.name,
      sort: "displayName",
      cell: (row) => <Link to={`/t/${tenant}/cloud-pcs/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "user", title: words.columns.user, sort: "userPrincipalName", cell: (row) => row.userPrincipalName },
    { id: "status", title: words.columns.status, sort: "status", cell: (row) => <StatusBadge status={row.status} /> },
    { id: "policy", title: words.columns.policy, cell: (row) => row.provisioningPolicyName ?? "-" },
    { id: "plan", title: words.columns.plan, cell: (row) => row.servicePlanName },
    { id: "region", title: words.columns.region, cell: (row) => row.deviceRegionName ?? "-" },
  ];
}
