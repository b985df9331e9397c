import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link } from "react-router";

import type { Api } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { useOne, type Found } from "../../api/read.ts";
import { sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { input } from "../../components/form/inputs.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { pausedText } from "../../components/paused.ts";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/tenants.ts";

type ServiceState = Found<"/pause">;

const LISTED: Listed<"/tenants"> = {
  statusOf: ({ paused }) => (paused ? "paused" : "active"),
  path: "/tenants",
  words,
  idOf: (row) => row.id,
  columns: () => [
    { id: "name", title: words.columns.name, cell: (row) => <Link to={`/t/${row.id}`}>{row.displayName}</Link> },
    { id: "id", title: words.columns.id, cell: (row) => row.id },
    { id: "directory", title: words.columns.directory, cell: (row) => row.entraTenantId },
    { id: "subscription", title: words.columns.subscription, cell: (row) => row.subscriptionId },
    { id: "state", title: words.columns.state, cell: (row) => <StatusBadge status={row.paused ? "paused" : "active"} /> },
  ],
};

/** All tenants of the service, for those who provide it; and the pause of everything. */
export function TenantsPage(): ReactElement {
  const api = useApi();
  const work = useActions(inTenant(""));
  const maySee = useMay("service/read");
  const mayCreate = useMay("tenants/create");
  const state = useOne("/pause", {}, { enabled: maySee });
  const paused = state.data?.paused ?? null;
  return (
    <ListPage
      listed={LISTED}
      above={() => (
        <>
          {paused !== null && (
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>
                {words.servicePaused} {pausedText(paused)}
              </MessageBarBody>
            </MessageBar>
          )}
          <ActionButtons actions={actionsOf(api, state.data)} begin={work.begin} />
          {work.view}
        </>
      )}
    >
      {mayCreate && (
        <LinkButton to="/tenants/new" isPrimary>
          {words.create}
        </LinkButton>
      )}
      {maySee && <LinkButton to="/audit">{words.serviceAudit}</LinkButton>}
    </ListPage>
  );
}

function actionsOf(api: Api, state: ServiceState | undefined): Action[] {
  const { fields, actions } = words;
  return [
    state?.paused
      ? { name: "resume", ...actions.resumeService, permission: "service/resume", run: () => sent(api.POST("/resume")) }
      : {
          name: "pause",
          ...actions.pauseService,
          permission: "service/pause",
          fields: [input("text", "reason", fields.reason, { optional: true, longest: 400 })],
          run: (values) => sent(api.POST("/pause", { body: values as never })),
        },
  ];
}
