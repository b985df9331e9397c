import { MessageBar, MessageBarBody, ProgressBar, Select, makeStyles, tokens } from "@fluentui/react-components";
import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { useApi } from "../../api/context.tsx";
import type { Api } from "../../api/client.ts";
import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import { useList, useOne, type Found, type RowOf } from "../../api/read.ts";
import { serviceNow } from "../../api/service-time.ts";
import { sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment, momentToCome } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { PageStatus } from "../../components/page-status.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { useAddress } from "../../components/use-address.ts";
import { words } from "../../words/bulk-actions.ts";

const OUTCOMES = ["pending", "running", "succeeded", "failed", "refused", "skipped"];
const useStyles = makeStyles({ outcome: { maxWidth: "240px", marginBottom: tokens.spacingVerticalS } });

type BulkAction = Found<"/tenants/{tenant}/bulkActions/{id}">;
type ServicePlan = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/servicePlans">["value"][number];
type Item = RowOf<"/tenants/{tenant}/bulkActions/{id}/items">;

/** One bulk action: how far it is, what became of each Cloud PC, and what steers it. */
export function BulkActionPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const plans = useOne(`${ROOT}/servicePlans`, { tenant });
  const query = useOne("/tenants/{tenant}/bulkActions/{id}", { tenant, id }, { runs: isRunning });
  return (
    <DetailView query={query}>
      {(bulk) => (
        <>
          <PageHeader title={titleOf(bulk.action)} status={<PageStatus of={words.title} status={bulk.status} />}>
            <AsOf query={query} />
          </PageHeader>
          <ActionButtons actions={actionsOf(api, tenant, bulk)} begin={work.begin} />
          {work.view}
          {bulk.reason ? (
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>{bulk.reason}</MessageBarBody>
            </MessageBar>
          ) : null}
          <ProgressBar value={bulk.percentComplete / 100} aria-label={words.progress} />
          <Overview
            facts={{
              ...Object.fromEntries(Object.entries(bulk.counts).filter(([, count]) => count > 0)),
              ...parametersOf(bulk, plans.data?.value ?? []),
              requestedBy: bulk.requestedBy,
              requested: moment(bulk.createdDateTime),
              shouldEnd: momentToCome(bulk.estimatedEndDateTime, serviceNow()),
            }}
          />
          <Items tenant={tenant} bulk={bulk} />
        </>
      )}
    </DetailView>
  );
}

/** What the action was given: a service plan by its name. */
function parametersOf({ parameters }: BulkAction, plans: readonly ServicePlan[]): Readonly<Record<string, unknown>> {
  const { targetServicePlanId: id, ...others } = parameters;
  return id === undefined
    ? others
    : { servicePlan: plans.find((each) => each.id === id)?.displayName ?? id, ...others };
}

function isRunning({ status }: BulkAction): boolean {
  return status === "running";
}

function actionsOf(api: Api, tenant: string, bulk: BulkAction): Action[] {
  const place = { params: { path: { tenant, id: bulk.id } } };
  const permission = "bulkActions/update";
  return [
    {
      name: "pause",
      ...words.actions.pause,
      permission,
      why: bulk.status === "running" ? null : words.notRunning,
      run: () => sent(api.POST("/tenants/{tenant}/bulkActions/{id}/pause", place)),
    },
    {
      name: "resume",
      ...words.actions.resume,
      permission,
      why: bulk.status === "paused" ? null : words.notPaused,
      run: () => sent(api.POST("/tenants/{tenant}/bulkActions/{id}/resume", place)),
    },
    {
      name: "cancel",
      ...words.actions.cancel,
      permission,
      why: bulk.status === "running" || bulk.status === "paused" ? null : words.over,
      run: () => sent(api.POST("/tenants/{tenant}/bulkActions/{id}/cancel", place)),
    },
  ];
}

function Items({ tenant, bulk }: { readonly tenant: string; readonly bulk: BulkAction }): ReactElement {
  const styles = useStyles();
  const [outcome, setOutcome] = useAddress("outcome");
  const list = useList(
    "/tenants/{tenant}/bulkActions/{id}/items",
    { tenant, id: bulk.id },
    { query: outcome ? { status: outcome } : {}, runs: () => isRunning(bulk) },
  );
  const columns = useMemo(() => columnsOf(tenant), [tenant]);
  return (
    <Section title={words.items}>
      <Select
        className={styles.outcome}
        aria-label={words.itemColumns.status}
        value={outcome}
        onChange={(_, { value }) => setOutcome(value)}
      >
        <option value="">{titleOf("all")}</option>
        {OUTCOMES.map((each) => (
          <option key={each} value={each}>
            {titleOf(each)}
          </option>
        ))}
      </Select>
      <ListView
        label={words.items}
        list={list}
        columns={columns}
        idOf={(row) => row.cloudPcId}
        none={<p>{words.noItems}</p>}
      />
    </Section>
  );
}

function columnsOf(tenant: string): Column<Item>[] {
  return [
    {
      id: "user",
      title: words.itemColumns.user,
      cell: (row) => <Link to={`/t/${tenant}/cloud-pcs/${row.cloudPcId}`}>{row.userPrincipalName}</Link>,
    },
    { id: "status", title: words.itemColumns.status, cell: (row) => <StatusBadge status={row.status} /> },
    { id: "message", title: words.itemColumns.message, cell: (row) => row.message ?? "-" },
    {
      id: "operation",
      title: words.itemColumns.operation,
      cell: (row) =>
        row.operationId ? <Link to={`/t/${tenant}/operations/${row.operationId}`}>{words.show}</Link> : "-",
    },
  ];
}
