import { useMemo, type ReactElement } from "react";
import { Link } from "react-router";

import { useApi, useMay, useMe } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useList, useOne, type Found, type RowOf } from "../../api/read.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { input } from "../../components/form/inputs.ts";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/health.ts";
import { sentence } from "../../words/sentence.ts";
import { COLORS, Findings } from "./findings.tsx";
import { HealthHeader } from "./header.tsx";

const PATH = "/health/report" as const;
type Health = Found<typeof PATH>;
type SetAside = RowOf<"/setAside">;

/** The health of the service as a whole, for those who provide it: its sections, all tenants, and what was set aside. */
export function ServiceHealthPage(): ReactElement {
  const api = useApi();
  const health = useOne(PATH, {});
  return (
    <DetailView query={health}>
      {(found) => (
        <>
          <HealthHeader title={words.service} about={words.serviceAbout} query={health} found={found} />
          <Findings
            sections={found.sections}
            dismissing={{
              permission: "service/dismissHealth",
              send: (body) => sent(api.POST(`${PATH}/dismiss`, { body })),
            }}
          />
          <Tenants tenants={found.tenants} />
          <SetAsideWork />
          <Thresholds thresholds={found.thresholds} />
        </>
      )}
    </DetailView>
  );
}

function Tenants({ tenants }: { readonly tenants: Health["tenants"] }): ReactElement {
  return (
    <Section title={words.tenants}>
      {tenants.length === 0 ? (
        <p>{words.noTenants}</p>
      ) : (
        <ul>
          {tenants.map(({ id, displayName, status, codes }) => (
            <li key={id}>
              <Link to={`/t/${id}/tenant-health`}>{displayName}</Link>{" "}
              <StatusBadge status={status} title={words.severities[status]} color={COLORS[status]} />{" "}
              {codes.map((code) => titleOf(code)).join(", ")}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** Work that was due and could not be done. */
function SetAsideWork(): ReactElement {
  const list = useList("/setAside", {});
  const tenants = useMe().data?.tenants;
  const columns = useMemo(() => {
    const nameOf = (tenant: string): string => tenants?.find(({ id }) => id === tenant)?.displayName ?? tenant;
    return columnsOf(nameOf);
  }, [tenants]);
  return (
    <Section title={words.setAside}>
      <ListView
        label={words.setAside}
        list={list}
        columns={columns}
        idOf={(row) => row.id}
        none={<p>{words.noneSetAside}</p>}
      />
    </Section>
  );
}

function columnsOf(nameOf: (tenant: string) => string): readonly Column<SetAside>[] {
  const { setAsideColumns: columns } = words;
  return [
    { id: "kind", title: columns.kind, cell: (row) => titleOf(row.kind) },
    {
      id: "tenant",
      title: columns.tenant,
      cell: (row) => <Link to={`/t/${row.tenantId}`}>{nameOf(row.tenantId)}</Link>,
    },
    { id: "reason", width: "34%", title: columns.reason, cell: (row) => sentence(row.reason) },
    { id: "since", width: "120px", title: columns.since, cell: (row) => moment(row.since) },
    { id: "next", width: "120px", title: columns.next, cell: (row) => moment(row.nextAttemptDateTime) },
  ];
}

/** From which values a finding is a warning or an error. */
function Thresholds({ thresholds }: { readonly thresholds: Health["thresholds"] }): ReactElement {
  const api = useApi();
  const work = useActions(inTenant(""));
  const may = useMay("service/updateHealth");
  const action: Action = {
    name: "edit",
    ...words.actions.thresholds,
    permission: "service/updateHealth",
    fields: Object.entries(thresholds).map(([name, value]) =>
      input("number", name, titleOf(name), { value: value ?? 1, minimum: 1 }),
    ),
    run: (values) => sent(api.PATCH(PATH, { body: entered(values) })),
  };
  return (
    <Section title={words.thresholds}>
      {may && <ActionButtons actions={[action]} begin={work.begin} />}
      {work.view}
      <Facts facts={thresholds} />
    </Section>
  );
}
