import { makeStyles, tokens } from "@fluentui/react-components";
import { useMemo, type ReactElement } from "react";
import { Link } from "react-router";

import type { Api } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { useList, type RowOf } from "../../api/read.ts";
import { sent, type Action } from "../../components/action.ts";
import type { Column } from "../../components/data-table.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { ListView } from "../../components/list-view.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { Section } from "../../components/section.tsx";
import type { Work } from "../../components/use-actions.tsx";
import { regionName, regionNames } from "../../components/region-names.ts";
import { words } from "../../words/tenants.ts";

const useStyles = makeStyles({ create: { marginBottom: tokens.spacingVerticalS } });

type Site = RowOf<"/tenants/{tenant}/sites">;

/** The sites of a tenant: where its Cloud PCs are built. */
export function Sites({ tenant, begin }: { readonly tenant: string; readonly begin: Work["begin"] }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const mayEdit = useMay("wizards/save");
  const list = useList("/tenants/{tenant}/sites", { tenant });
  const columns = useMemo(
    () => [
      ...columnsOf(tenant, mayEdit),
      rowActions<Site>(
        begin,
        ({ displayName }) => displayName,
        (row) => [remove(api, tenant, row)],
      ),
    ],
    [api, tenant, begin, mayEdit],
  );
  return (
    <Section title={words.sites}>
      {mayEdit && (
        <div className={styles.create}>
          <LinkButton to={`/t/${tenant}/wizards/create-site`}>{words.createSite}</LinkButton>
        </div>
      )}
      <ListView
        label={words.sites}
        list={list}
        columns={columns}
        idOf={(row) => row.id}
        none={<p>{words.noSites}</p>}
      />
    </Section>
  );
}

function columnsOf(tenant: string, mayEdit: boolean): Column<Site>[] {
  return [
    {
      id: "name",
      title: words.siteColumns.name,
      cell: ({ id, displayName }) =>
        mayEdit ? <Link to={`/t/${tenant}/wizards/edit-site?id=${id}`}>{displayName}</Link> : displayName,
    },
    { id: "region", title: words.siteColumns.region, cell: (row) => regionName(row.region) },
    { id: "fallback", title: words.siteColumns.fallback, cell: (row) => regionNames(row.fallbackRegions) },
    { id: "zones", title: words.siteColumns.zones, cell: (row) => row.zones.join(", ") || "-" },
    { id: "group", title: words.siteColumns.group, cell: (row) => row.resourceGroup },
    { id: "addresses", title: words.siteColumns.addresses, cell: (row) => row.addressSpace },
  ];
}

function remove(api: Api, tenant: string, row: Site): Action {
  return {
    name: "delete",
    ...words.actions.deleteSite,
    permission: "sites/delete",
    typed: row.id,
    run: () => sent(api.DELETE("/tenants/{tenant}/sites/{site}", { params: { path: { tenant, site: row.id } } })),
  };
}
