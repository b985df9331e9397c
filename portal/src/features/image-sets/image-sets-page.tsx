import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { usePages, type Rows, type Whole } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { words } from "../../words/image-sets.ts";

type ImageSet = Whole<components["schemas"]["ImageSet"]>;

const COLUMNS: readonly Column<ImageSet>[] = [
  { id: "name", title: words.columns.name, cell: (row) => row.displayName },
  { id: "type", title: words.columns.type, cell: (row) => titleOf(row.hostPoolType) },
  { id: "source", title: words.columns.source, cell: (row) => row.sourceName },
  { id: "where", title: words.columns.where, cell: (row) => (row.isGlobal ? words.global : row.siteId) },
  { id: "used", title: words.columns.used, cell: (row) => String(row.usedBy.length) },
  { id: "changed", title: words.columns.changed, cell: (row) => moment(row.lastModifiedDateTime) },
];

/** The image sets of Spot Groups. */
export function ImageSetsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const list = useImageSets(tenant);
  const create = <Link to={`/t/${tenant}/wizards/create-image-set`}>{words.create}</Link>;
  return (
    <>
      <PageHeader title={words.title}>
        {create}
        <AsOf query={list} />
      </PageHeader>
      <ListView
        label={words.title}
        list={list}
        columns={COLUMNS}
        idOf={(row) => row.id}
        none={<EmptyState title={words.none} text={words.noneText} action={create} />}
      />
    </>
  );
}

function useImageSets(tenant: string): Rows<ImageSet> {
  const api = useApi();
  return usePages({
    key: ["imageSets", tenant],
    load: async (query) => {
      const page = await dataOf(api.GET(`${ROOT}/imageSets`, { params: { path: at(tenant), query } }));
      return { ...page, value: page.value as ImageSet[] };
    },
  });
}
