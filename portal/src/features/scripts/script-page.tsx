import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useApi } from "../../api/context.tsx";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/scripts.ts";
import { PATH, actionsOf, kindOf, type Script } from "./actions.ts";
import { decoded } from "./content.ts";

type Policy = RowOf<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/provisioningPolicies">;

const useStyles = makeStyles({
  code: {
    margin: 0,
    padding: tokens.spacingHorizontalM,
    maxHeight: "420px",
    overflow: "auto",
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
    fontFamily: tokens.fontFamilyMonospace,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
  },
});

/** One app or script: what runs, and which policies run it. */
export function ScriptPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useOne(`${PATH}/{id}`, { tenant, id });
  return (
    <DetailView query={query}>
      {(script) => (
        <>
          <PageHeader title={script.displayName} about={words.kinds[kindOf(script)]}>
            <AsOf query={query} />
          </PageHeader>
          <Found tenant={tenant} script={script} />
        </>
      )}
    </DetailView>
  );
}

function Found({ tenant, script }: { readonly tenant: string; readonly script: Script }): ReactElement {
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const list = useList(`${ROOT}/provisioningPolicies`, { tenant });
  const rows = list.rows.filter((policy) => placeIn(policy, script.id) >= 0);
  const { facts } = words;
  return (
    <>
      <ActionButtons actions={actionsOf(api, tenant, script, rows.length)} begin={work.begin} />
      {work.view}
      <Overview
        facts={{
          [facts.kind]: words.kinds[kindOf(script)],
          [facts.description]: script.description,
          [facts.version]: script.version,
          [facts.packageId]: script.packageId,
          [facts.packageVersion]: script.packageId ? (script.packageVersion ?? facts.newest) : null,
          [facts.created]: moment(script.createdDateTime),
          [facts.changed]: moment(script.lastModifiedDateTime),
          [facts.digest]: script.digest,
        }}
      />
      {kindOf(script) === "script" && <Content content={script.scriptContent} />}
      <Section title={words.policies}>
        <ListView
          label={words.policies}
          list={{ ...list, rows }}
          columns={columnsOf(tenant, script.id)}
          idOf={(row) => row.id}
          none={<p>{words.noPolicies}</p>}
        />
      </Section>
    </>
  );
}

function Content({ content }: { readonly content: string | null }): ReactElement {
  const styles = useStyles();
  return (
    <Section title={words.content}>
      {content === null ? (
        <p>{words.hidden}</p>
      ) : (
        // A text that scrolls is reached with Tab, so that the arrow keys move it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className={styles.code} tabIndex={0} aria-label={words.content}>
          {decoded(content)}
        </pre>
      )}
    </Section>
  );
}

function placeIn(policy: Policy, script: string): number {
  return policy["@deskwright.scripts"].findIndex(({ scriptId }) => scriptId === script);
}

function columnsOf(tenant: string, script: string): readonly Column<Policy>[] {
  const use = (row: Policy) => row["@deskwright.scripts"][placeIn(row, script)];
  return [
    {
      id: "policy",
      title: words.policyColumns.policy,
      cell: (row) => <Link to={`/t/${tenant}/policies/${row.id}`}>{row.displayName}</Link>,
    },
    {
      id: "order",
      width: "120px",
      title: words.policyColumns.order,
      cell: (row) => words.orderOf({ place: placeIn(row, script) + 1, count: row["@deskwright.scripts"].length }),
    },
    {
      id: "timeout",
      width: "140px",
      title: words.policyColumns.timeout,
      cell: (row) => words.minutes({ count: use(row)?.timeoutInMinutes ?? 0 }),
    },
    {
      id: "onFailure",
      title: words.policyColumns.onFailure,
      cell: (row) => words.onFailure[use(row)?.onFailure ?? "warn"],
    },
  ];
}
