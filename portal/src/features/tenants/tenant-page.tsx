import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { useMemo, type ReactElement } from "react";
import { useParams } from "react-router";

import type { Api } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOne, type Found } from "../../api/read.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { input } from "../../components/form/inputs.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { pausedText } from "../../components/paused.ts";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { foreseen } from "../../components/foreseen.ts";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/tenants.ts";
import { Sites } from "./sites.tsx";

type Tenant = Found<"/tenants/{tenant}">;

/** One tenant: where it is, its settings, its sites, and its pause. */
export function TenantPage(): ReactElement {
  const { tenant = "" } = useParams();
  const work = useActions(inTenant(tenant));
  const query = useOne("/tenants/{tenant}", { tenant });
  const mayEdit = useMay("wizards/save");
  const mayJudge = useMay("tenants/readReadiness");
  const mayDelete = useMay("tenants/delete");
  return (
    <DetailView query={query}>
      {(found) => (
        <>
          <PageHeader title={found.displayName} status={<StatusBadge status={found.paused ? "paused" : "active"} />}>
            {mayEdit && (
              <LinkButton to={`/t/${tenant}/wizards/edit-tenant`} icon={Edit20Regular}>
                {words.edit}
              </LinkButton>
            )}
            {mayJudge && <LinkButton to={`/t/${tenant}/readiness`}>{words.readiness}</LinkButton>}
            {mayDelete && <LinkButton to={`/t/${tenant}/leaving`}>{words.leaving}</LinkButton>}
            <AsOf query={query} />
          </PageHeader>
          <Actions tenant={found} work={work} />
          {work.view}
          {found.paused ? (
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>{pausedText(found.paused)}</MessageBarBody>
            </MessageBar>
          ) : null}
          <Overview
            facts={{
              id: found.id,
              directory: found.entraTenantId,
              subscription: found.subscriptionId,
              furtherSubscriptions: found.furtherSubscriptionIds.length > 0 ? found.furtherSubscriptionIds : null,
              spotLicences: Object.entries(found.spotLicenses).map(([type, count]) => `${titleOf(type)}: ${count}`),
            }}
          />
          <Sites tenant={tenant} begin={work.begin} />
          <Section title={words.settings}>
            <Facts facts={found.settings} />
          </Section>
        </>
      )}
    </DetailView>
  );
}

function Actions({
  tenant,
  work,
}: {
  readonly tenant: Tenant;
  readonly work: ReturnType<typeof useActions>;
}): ReactElement {
  const api = useApi();
  const actions = useMemo(() => actionsOf(api, tenant), [api, tenant]);
  return <ActionButtons actions={actions} begin={work.begin} />;
}

function actionsOf(api: Api, tenant: Tenant): Action[] {
  const place = { params: { path: { tenant: tenant.id } } };
  const { fields, actions } = words;
  return [
    tenant.paused
      ? {
          name: "resume",
          ...actions.resume,
          permission: "tenants/resume",
          run: () => sent(api.POST("/tenants/{tenant}/resume", place)),
        }
      : {
          name: "pause",
          ...actions.pause,
          permission: "tenants/pause",
          preview: () => foreseen(api, tenant.id, { pause: {} }),
          fields: [input("text", "reason", fields.reason, { optional: true, longest: 400 })],
          run: (values) => sent(api.POST("/tenants/{tenant}/pause", { ...place, body: entered(values) })),
        },
    {
      name: "delete",
      ...actions.delete,
      permission: "tenants/delete",
      typed: tenant.id,
      leaveTo: "/tenants",
      run: () => sent(api.DELETE("/tenants/{tenant}", place)),
    },
  ];
}
