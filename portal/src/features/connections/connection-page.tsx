import { makeStyles, tokens } from "@fluentui/react-components";
import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { Key20Regular } from "@fluentui/react-icons/svg/key";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOne, type Found } from "../../api/read.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { input } from "../../components/form/inputs.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { Panel } from "../../components/panel.tsx";
import { PageStatus } from "../../components/page-status.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { regionName } from "../../components/region-names.ts";
import { words } from "../../words/connections.ts";

type Connection = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/onPremisesConnections/{id}">;

/** Graph leaves these out unless they are asked for by name; the checks are one of them. */
const PROPERTIES =
  "id,displayName,connectionType,healthCheckStatus,healthCheckStatusDetail,inUse,subscriptionId,virtualNetworkId," +
  "virtualNetworkLocation,adDomainName,adDomainUsername,organizationalUnit,@deskwright.siteId,@deskwright.subnetIds," +
  "@deskwright.addresses";

const useStyles = makeStyles({
  list: { listStyleType: "none", padding: 0, margin: 0, display: "grid", rowGap: tokens.spacingVerticalM },
  row: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM, alignItems: "center" },
  text: { overflowWrap: "anywhere" },
});

/** One connection: its network, and each check with its evidence and what to do. */
export function ConnectionPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const query = useOne(
    `${ROOT}/onPremisesConnections/{id}`,
    { tenant, id },
    { query: { $select: PROPERTIES }, runs: isChecked },
  );
  const mayEdit = useMay("wizards/save");
  return (
    <DetailView query={query}>
      {(connection) => (
        <>
          <PageHeader
            title={connection.displayName}
            status={<PageStatus of={connection.displayName} status={connection.healthCheckStatus} />}
          >
            {mayEdit && (
              <LinkButton to={`/t/${tenant}/wizards/edit-connection?id=${id}`} icon={Edit20Regular}>
                {words.edit}
              </LinkButton>
            )}
            <AsOf query={query} />
          </PageHeader>
          <ActionButtons actions={actionsOf(api, tenant, connection)} begin={work.begin} />
          {work.view}
          <Overview
            facts={{
              join: titleOf(connection.connectionType),
              network: connection.virtualNetworkId ?? words.hosted,
              subnets: connection["@deskwright.subnetIds"].map(lastPart),
              region: connection.virtualNetworkLocation ? regionName(connection.virtualNetworkLocation) : null,
              site: connection["@deskwright.siteId"],
              subscription: connection.subscriptionId,
              domain: connection.adDomainName,
              organizationalUnit: connection.organizationalUnit,
              account: connection.adDomainUsername,
              freeAddresses: connection["@deskwright.addresses"]?.free,
              inUse: connection.inUse,
            }}
          />
          <Checks connection={connection} />
        </>
      )}
    </DetailView>
  );
}

/** Return the name of a resource of Azure. */
function lastPart(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

function isChecked({ healthCheckStatus }: Connection): boolean {
  return healthCheckStatus === "running" || healthCheckStatus === "pending";
}

function actionsOf(api: Api, tenant: string, connection: Connection): Action[] {
  const place = { params: { path: { ...at(tenant), id: connection.id } } };
  const isHybrid = connection.connectionType === "hybridAzureADJoin";
  const password: Action = {
    name: "password",
    icon: Key20Regular,
    ...words.actions.password,
    permission: "onPremisesConnections/updateAdDomainPassword",
    fields: [input("secret", "adDomainPassword", words.fields.password)],
    run: (values) =>
      sent(api.POST(`${ROOT}/onPremisesConnections/{id}/updateAdDomainPassword`, { ...place, body: entered(values) })),
  };
  return [
    {
      name: "check",
      ...words.actions.check,
      permission: "onPremisesConnections/runHealthChecks",
      run: () => sent(api.POST(`${ROOT}/onPremisesConnections/{id}/runHealthChecks`, place)),
    },
    ...(isHybrid ? [password] : []),
    {
      name: "delete",
      ...words.actions.delete,
      permission: "onPremisesConnections/delete",
      typed: connection.displayName,
      leaveTo: `/t/${tenant}/connections`,
      run: () => sent(api.DELETE(`${ROOT}/onPremisesConnections/{id}`, place)),
    },
  ];
}

function Checks({ connection }: { readonly connection: Connection }): ReactElement {
  const styles = useStyles();
  const checks = connection.healthCheckStatusDetail.healthChecks;
  return (
    <Section title={words.checks}>
      {checks.length === 0 && <p>{words.noChecks}</p>}
      <ul className={styles.list}>
        {checks.map((each) => (
          <li key={each.displayName}>
            <Panel>
              <div className={styles.row}>
                <strong>{titleOf(each.displayName)}</strong>
                <StatusBadge status={each.status} />
              </div>
              {each.additionalDetail ? <span className={styles.text}>{each.additionalDetail}</span> : null}
              {each.recommendedAction ? (
                <span className={styles.text}>
                  <strong>{words.fix}</strong> {each.recommendedAction}
                </span>
              ) : null}
            </Panel>
          </li>
        ))}
      </ul>
    </Section>
  );
}
