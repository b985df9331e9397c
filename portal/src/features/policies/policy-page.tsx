import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { FIELDS } from "../../api/fields.ts";
import { useOpens } from "../../api/opens.ts";
import { useList, useOne, type Found, type RowOf } from "../../api/read.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { fieldFacts } from "../../components/field-facts.ts";
import { input } from "../../components/form/inputs.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { pausedText } from "../../components/paused.ts";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { foreseen } from "../../components/foreseen.ts";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/policies.ts";
import { PoolTimes } from "./pool-times.tsx";
import { Schedule } from "./schedule.tsx";
import { Scripts } from "./scripts.tsx";
import { Week } from "./week.tsx";

type Policy = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/provisioningPolicies/{id}">;
type PolicyUser = RowOf<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/provisioningPolicies/{id}/users">;

/** One policy: what it builds, who has it, and how far each of them is. */
export function PolicyPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useOne(`${ROOT}/provisioningPolicies/{id}`, { tenant, id }, { query: { $expand: "assignments" } });
  const mayEdit = useMay("wizards/save");
  const mayReport = useOpens(`${ROOT}/reports/policyUse`, tenant);
  const isWhole = useOpens(`${ROOT}/provisioningPolicies/{id}/users`, tenant);
  return (
    <DetailView query={query}>
      {(policy) => (
        <>
          <PageHeader
            title={policy.displayName}
            status={<StatusBadge status={policy["@deskwright.paused"] ? "paused" : "active"} />}
          >
            {mayEdit && (
              <LinkButton to={`/t/${tenant}/wizards/edit-provisioning-policy?id=${id}`} icon={Edit20Regular}>
                {words.edit}
              </LinkButton>
            )}
            <AsOf query={query} />
          </PageHeader>
          <Actions tenant={tenant} policy={policy} />
          <Overview
            facts={{
              description: policy.description,
              image: policy.imageDisplayName,
              join: [...new Set(policy.domainJoinConfigurations.map((each) => titleOf(each.domainJoinType ?? "")))],
              groups: policy.assignments.map((each) => groupName(each)),
              ...fieldFacts(FIELDS.Policy, "configuration", policy),
              ...(policy["@deskwright.powerScheduleId"]
                ? {
                    [FIELDS.Policy["@deskwright.powerScheduleId"].title]: (
                      <Schedule tenant={tenant} id={policy["@deskwright.powerScheduleId"]} />
                    ),
                  }
                : {}),
              ...(policy["@deskwright.scripts"].length > 0
                ? {
                    [FIELDS.Policy["@deskwright.scripts"].title]: (
                      <Scripts tenant={tenant} scripts={policy["@deskwright.scripts"]} />
                    ),
                  }
                : {}),
              paused: pausedText(policy["@deskwright.paused"]),
              changed: moment(policy.lastModifiedDateTime),
              cloudPcs: <Link to={`/t/${tenant}/cloud-pcs?policy=${id}`}>{words.cloudPcs}</Link>,
            }}
          />
          {isWhole && <PoolTimes tenant={tenant} id={id} />}
          {mayReport && <Week tenant={tenant} policy={id} />}
          {isWhole && <Users tenant={tenant} id={id} />}
        </>
      )}
    </DetailView>
  );
}

function groupName(assignment: Policy["assignments"][number]): string {
  return assignment["@deskwright.groupDisplayName"] ?? assignment.target.groupId;
}

function Users({ tenant, id }: { readonly tenant: string; readonly id: string }): ReactElement {
  const list = useList(`${ROOT}/provisioningPolicies/{id}/users`, { tenant, id });
  const columns = useMemo(() => userColumns(tenant), [tenant]);
  return (
    <Section title={words.users}>
      <ListView
        label={words.users}
        list={list}
        columns={columns}
        idOf={(row) => row.user.id}
        none={<p>{words.noUsers}</p>}
      />
    </Section>
  );
}

function userColumns(tenant: string): Column<PolicyUser>[] {
  return [
    {
      id: "user",
      title: words.userColumns.user,
      cell: ({ user }) => (
        <Link to={`/t/${tenant}/users?user=${encodeURIComponent(user.userPrincipalName)}`}>
          {user.userPrincipalName}
        </Link>
      ),
    },
    { id: "standing", title: words.userColumns.standing, cell: (row) => words.standings[row.standing] },
    { id: "because", title: words.userColumns.because, cell: (row) => row.because },
    {
      id: "cloudPcs",
      width: "34%",
      title: words.userColumns.cloudPcs,
      cell: (row) =>
        row.cloudPcs.map((pc) => (
          <div key={pc.id}>
            <Link to={`/t/${tenant}/cloud-pcs/${pc.id}`}>{`${pc.servicePlanName}: ${titleOf(pc.status)}`}</Link>
          </div>
        )),
    },
  ];
}

function Actions({ tenant, policy }: { readonly tenant: string; readonly policy: Policy }): ReactElement {
  const api = useApi();
  const work = useActions(inTenant(tenant));
  return (
    <>
      <ActionButtons actions={actionsOf(api, tenant, policy)} begin={work.begin} />
      {work.view}
    </>
  );
}

function actionsOf(api: Api, tenant: string, policy: Policy): Action[] {
  const own = { params: { path: { tenant, id: policy.id } } };
  const graph = { params: { path: { ...at(tenant), id: policy.id } } };
  const assigned = policy.assignments.map((each) => each.target.groupId);
  const choices = policy.assignments.map((each) => ({ value: each.target.groupId, title: groupName(each) }));
  return [
    policy["@deskwright.paused"]
      ? {
          name: "resume",
          ...words.actions.resume,
          permission: "provisioningPolicies/resume",
          run: () => sent(api.POST("/tenants/{tenant}/provisioningPolicies/{id}/resume", own)),
        }
      : {
          name: "pause",
          ...words.actions.pause,
          permission: "provisioningPolicies/pause",
          preview: () => foreseen(api, tenant, { pause: { policyId: policy.id } }),
          fields: [input("text", "reason", words.fields.reason, { optional: true, longest: 400 })],
          run: (values) =>
            sent(api.POST("/tenants/{tenant}/provisioningPolicies/{id}/pause", { ...own, body: entered(values) })),
        },
    {
      name: "assign",
      ...words.actions.assign,
      permission: "provisioningPolicies/assign",
      preview: ({ groupIds }) => foreseen(api, tenant, { assign: { policyId: policy.id, groupIds: groupIds ?? [] } }),
      fields: [input("directoryGroups", "groupIds", words.fields.groups, { choices, value: assigned, optional: true })],
      run: ({ groupIds }) => {
        const assignments = ((groupIds ?? []) as string[]).map((groupId) => ({ target: { groupId } }));
        return sent(api.POST(`${ROOT}/provisioningPolicies/{id}/assign`, { ...graph, body: { assignments } }));
      },
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "provisioningPolicies/delete",
      typed: policy.displayName,
      leaveTo: `/t/${tenant}/policies`,
      run: () => sent(api.DELETE(`${ROOT}/provisioningPolicies/{id}`, graph)),
    },
  ];
}
