import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { usePages, type Rows, type Whole } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/images.ts";

type DeviceImage = Whole<components["schemas"]["DeviceImage"]>;

const COLUMNS: readonly Column<DeviceImage>[] = [
  { id: "name", title: words.columns.name, cell: (row) => row.displayName },
  { id: "version", title: words.columns.version, cell: (row) => row.version },
  { id: "system", title: words.columns.system, cell: (row) => row.operatingSystem },
  { id: "status", title: words.columns.status, cell: (row) => <StatusBadge status={row.status} /> },
  { id: "regions", title: words.columns.regions, cell: (row) => row["@deskwright.regions"].join(", ") },
  { id: "changed", title: words.columns.changed, cell: (row) => moment(row.lastModifiedDateTime) },
];

/** The device images that policies can use. */
export function ImagesPage(): ReactElement {
  const { tenant = "" } = useParams();
  const list = useImages(tenant);
  const create = <Link to={`/t/${tenant}/wizards/create-device-image`}>{words.create}</Link>;
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

function useImages(tenant: string): Rows<DeviceImage> {
  const api = useApi();
  return usePages({
    key: ["deviceImages", tenant],
    runs: ({ status }) => status === "pending",
    load: async (query) => {
      const page = await dataOf(api.GET(`${ROOT}/deviceImages`, { params: { path: at(tenant), query } }));
      return { ...page, value: page.value as DeviceImage[] };
    },
  });
}
