import { Link as Outside, MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { useOne, type RowOf } from "../../api/read.ts";
import { CopyText } from "../../components/copy-text.tsx";
import type { Column } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/administrators.ts";

type Path = "/tenants/{tenant}/roleAssignments";
type Assignment = RowOf<Path>;

const COLUMNS: readonly Column<Assignment>[] = [
  { id: "name", title: words.columns.name, sort: "displayName", cell: (row) => row.displayName },
  { id: "account", title: words.columns.account, sort: "userPrincipalName", cell: (row) => row.userPrincipalName },
  {
    id: "kind",
    width: "160px",
    title: words.columns.kind,
    sort: "principalType",
    cell: (row) => words.kinds[row.principalType],
  },
  { id: "role", title: words.columns.role, sort: "role", cell: (row) => roleOf(row.role) },
  { id: "since", width: "120px", title: words.columns.since, cell: (row) => moment(row.createdDateTime) },
];
const LISTED: Listed<Path> = {
  path: "/tenants/{tenant}/roleAssignments",
  words,
  idOf: (row) => row.id,
  nameOf: (row) => row.displayName,
  columns: () => COLUMNS,
  isSearchable: true,
  csv: "administrators",
};

/** Return what people call a role. */
function roleOf(role: string): string {
  const roles: Readonly<Record<string, string>> = words.roles;
  return roles[role] ?? role;
}

/** Who has which role in the tenant, and how co-workers get one. */
export function AdministratorsPage(): ReactElement {
  const { tenant = "" } = useParams();
  return (
    <>
      <ListPage listed={LISTED} above={() => <Unknown tenant={tenant} />} />
      <Invitation tenant={tenant} />
    </>
  );
}

/** Say why nobody is listed where the directory was not read: that is not the same as nobody. */
function Unknown({ tenant }: { readonly tenant: string }): ReactElement | null {
  const why = useOne("/tenants/{tenant}/roleAssignments", { tenant }, { query: { $top: "1" } }).data?.unknownBecause;
  return why ? (
    <MessageBar intent="warning">
      <MessageBarBody>
        <MessageBarTitle>{words.unknown}</MessageBarTitle>
        {why}
      </MessageBarBody>
    </MessageBar>
  ) : null;
}

/** The page of the directory where roles are given, and the link for those who have one. */
function Invitation({ tenant }: { readonly tenant: string }): ReactElement {
  const url = useOne("/tenants/{tenant}/roleAssignments", { tenant }, { query: { $top: "1" } }).data?.manageUrl;
  return (
    <>
      <Section title={words.invite}>
        <p>{words.inviteText}</p>
        {url ? (
          <Outside href={url} target="_blank" rel="noreferrer">
            {words.open}
          </Outside>
        ) : null}
        <CopyText label={words.link} text={`${location.origin}/portal/t/${tenant}`} />
      </Section>
      <Section title={words.meaning}>
        <Facts facts={words.meanings} />
      </Section>
    </>
  );
}
