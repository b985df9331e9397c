import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { useApi } from "../../api/context.tsx";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/scripts.ts";
import { PATH, creations, kindOf, type Script } from "./actions.ts";

const LISTED: Listed<typeof PATH> = {
  path: PATH,
  words,
  idOf: (row) => row.id,
  nameOf: (row) => row.displayName,
  columns: (tenant) => columnsOf(tenant),
};

function columnsOf(tenant: string): readonly Column<Script>[] {
  return [
    {
      id: "name",
      title: words.columns.name,
      sort: "displayName",
      cell: (row) => <Link to={`/t/${tenant}/scripts/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "kind", title: words.columns.kind, cell: (row) => words.kinds[kindOf(row)] },
    { id: "description", title: words.columns.description, cell: (row) => row.description || "-" },
    { id: "version", width: "90px", title: words.columns.version, cell: (row) => String(row.version) },
    { id: "changed", width: "120px", title: words.columns.changed, cell: (row) => moment(row.lastModifiedDateTime) },
  ];
}

/** The apps and scripts that policies run on new Cloud PCs. */
export function ScriptsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  return (
    <ListPage
      listed={LISTED}
      above={() => (
        <>
          <ActionButtons actions={creations(api, tenant)} begin={work.begin} />
          {work.view}
        </>
      )}
    />
  );
}
