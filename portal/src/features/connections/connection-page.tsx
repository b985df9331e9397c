import { Button, Card, MessageBar, MessageBarBody, Subtitle1, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { useMay } from "../../api/context.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loading } from "../../components/loading.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/connections.ts";
import { useCheck, useConnection, type Connection } from "./api.ts";

const useStyles = makeStyles({
  list: { listStyleType: "none", padding: 0, display: "grid", rowGap: tokens.spacingVerticalM },
  row: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM, alignItems: "center" },
});

/** One connection: its network, and each check with its evidence and what to do. */
export function ConnectionPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useConnection(tenant, id);
  const check = useCheck(tenant, id);
  const mayCheck = useMay("onPremisesConnections/runHealthChecks");
  if (query.isPending) {
    return <Loading />;
  }
  if (query.data === undefined) {
    return <ErrorNotice error={query.error} again={() => void query.refetch()} />;
  }
  const connection = query.data;
  return (
    <>
      <PageHeader title={connection.displayName}>
        <StatusBadge status={connection.healthCheckStatus} />
        <Button disabled={!mayCheck || check.isPending} onClick={() => check.mutate()}>
          {words.check}
        </Button>
        <AsOf query={query} />
      </PageHeader>
      {check.isSuccess && (
        <MessageBar intent="success">
          <MessageBarBody>{words.requested}</MessageBarBody>
        </MessageBar>
      )}
      {check.isError && <ErrorNotice error={check.error} />}
      <Facts
        facts={{
          join: connection.connectionType,
          network: connection.virtualNetworkId ?? words.hosted,
          region: connection.virtualNetworkLocation,
          subscription: connection.subscriptionId,
          domain: connection.adDomainName,
          organizationalUnit: connection.organizationalUnit,
          account: connection.adDomainUsername,
        }}
      />
      <Checks connection={connection} />
    </>
  );
}

function Checks({ connection }: { readonly connection: Connection }): ReactElement {
  const styles = useStyles();
  return (
    <section>
      <Subtitle1 as="h2">{words.checks}</Subtitle1>
      <ul className={styles.list}>
        {(connection.healthCheckStatusDetail.healthChecks ?? []).map((each) => (
          <li key={each.displayName}>
            <Card>
              <div className={styles.row}>
                <strong>{each.displayName}</strong>
                <StatusBadge status={each.status} />
              </div>
              {each.additionalDetail ? <span>{each.additionalDetail}</span> : null}
              {each.recommendedAction ? (
                <span>
                  <strong>{words.fix}</strong> {each.recommendedAction}
                </span>
              ) : null}
            </Card>
          </li>
        ))}
      </ul>
    </section>
  );
}
