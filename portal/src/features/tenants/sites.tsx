import { useMemo, type ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import { sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import type { Choice, Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { ListView } from "../../components/list-view.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { Section } from "../../components/section.tsx";
import type { Work } from "../../components/use-actions.tsx";
import { words } from "../../words/tenants.ts";

type Site = RowOf<"/tenants/{tenant}/sites">;

const ZONES: readonly Choice[] = ["1", "2", "3"].map((value) => ({ value, title: value }));
const COLUMNS: readonly Column<Site>[] = [
  { id: "name", title: words.siteColumns.name, cell: (row) => row.displayName },
  { id: "region", title: words.siteColumns.region, cell: (row) => row.region },
  { id: "fallback", title: words.siteColumns.fallback, cell: (row) => row.fallbackRegions.join(", ") || "-" },
  { id: "group", title: words.siteColumns.group, cell: (row) => row.resourceGroup },
  { id: "addresses", title: words.siteColumns.addresses, cell: (row) => row.addressSpace },
];

/** The sites of a tenant: where its Cloud PCs are built. */
export function Sites({ tenant, begin }: { readonly tenant: string; readonly begin: Work["begin"] }): ReactElement {
  const api = useApi();
  const list = useList("/tenants/{tenant}/sites", { tenant });
  const offered = useOne(`${ROOT}/supportedRegions`, { tenant });
  const regions = useMemo(
    () => (offered.data?.value ?? []).map(({ id, displayName }): Choice => ({ value: id, title: displayName ?? id })),
    [offered.data],
  );
  const columns = useMemo(
    () => [...COLUMNS, rowActions<Site>(begin, ({ displayName }) => displayName, (row) => actionsOf(api, tenant, row, regions))],
    [api, tenant, begin, regions],
  );
  return (
    <Section title={words.sites}>
      <ActionButtons actions={[create(api, tenant, regions)]} begin={begin} />
      <ListView label={words.sites} list={list} columns={columns} idOf={(row) => row.id} none={<p>{words.noSites}</p>} />
    </Section>
  );
}

function fieldsOf(regions: readonly Choice[], site?: Site): Field[] {
  const { fields } = words;
  return [
    input("text", "displayName", fields.name, { longest: 120, ...(site ? { value: site.displayName } : {}) }),
    input("one", "region", fields.region, { choices: regions, ...(site ? { value: site.region } : {}) }),
    input("several", "fallbackRegions", fields.fallback, { optional: true, choices: regions, value: site?.fallbackRegions ?? [] }),
    input("several", "zones", fields.zones, { optional: true, choices: ZONES, value: site?.zones ?? ["1", "2", "3"] }),
    input("text", "resourceGroup", fields.group, { longest: 90, ...(site ? { value: site.resourceGroup } : {}) }),
    input("text", "addressSpace", fields.addresses, {
      optional: true,
      help: fields.addressesHelp,
      ...(site ? { value: site.addressSpace } : {}),
    }),
  ];
}

function put(api: Api, tenant: string, site: string, values: Values) {
  return sent(api.PUT("/tenants/{tenant}/sites/{site}", { params: { path: { tenant, site } }, body: values as never }));
}

function create(api: Api, tenant: string, regions: readonly Choice[]): Action {
  return {
    name: "createSite",
    ...words.actions.createSite,
    permission: "sites/write",
    fields: [input("text", "id", words.fields.siteId, { longest: 40 }), ...fieldsOf(regions)],
    run: ({ id, ...values }) => put(api, tenant, String(id), values),
  };
}

function actionsOf(api: Api, tenant: string, row: Site, regions: readonly Choice[]): Action[] {
  return [
    {
      name: "edit",
      ...words.actions.editSite,
      permission: "sites/write",
      fields: fieldsOf(regions, row),
      run: (values) => put(api, tenant, row.id, values),
    },
    {
      name: "delete",
      ...words.actions.deleteSite,
      permission: "sites/delete",
      typed: row.id,
      run: () => sent(api.DELETE("/tenants/{tenant}/sites/{site}", { params: { path: { tenant, site: row.id } } })),
    },
  ];
}
