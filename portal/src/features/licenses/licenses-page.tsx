import type { ReactElement } from "react";
import { useParams } from "react-router";

import type { Rows } from "../../api/pages.ts";
import { useList, type RowOf } from "../../api/read.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ListView } from "../../components/list-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/licenses.ts";

type License = RowOf<"/tenants/{tenant}/licenses">;
type Quota = RowOf<"/tenants/{tenant}/quotas">;

interface Used {
  readonly id: string;
  readonly region: string;
  readonly subscription: string;
  readonly family: string;
  readonly used: string;
  readonly limit: string;
}

const LICENSES: readonly Column<License>[] = [
  { id: "plan", width: "34%", title: words.licenseColumns.plan, cell: (row) => row.displayName },
  { id: "total", title: words.licenseColumns.total, cell: (row) => String(row.total) },
  { id: "used", title: words.licenseColumns.used, cell: (row) => String(row.used) },
  { id: "free", title: words.licenseColumns.free, cell: (row) => String(row.free) },
  { id: "cloudPcs", title: words.licenseColumns.cloudPcs, cell: (row) => String(row.cloudPcs) },
];
const QUOTAS: readonly Column<Used>[] = [
  { id: "region", width: "14%", title: words.quotaColumns.region, cell: (row) => row.region },
  { id: "family", width: "28%", title: words.quotaColumns.family, cell: (row) => row.family },
  { id: "used", title: words.quotaColumns.used, cell: (row) => row.used },
  { id: "limit", title: words.quotaColumns.limit, cell: (row) => row.limit },
  { id: "subscription", width: "36%", title: words.quotaColumns.subscription, cell: (row) => row.subscription },
];

/** What there is to build with: licences bought, used and free, and Azure's quotas. */
export function LicensesPage(): ReactElement {
  const { tenant = "" } = useParams();
  const licenses = useList("/tenants/{tenant}/licenses", { tenant });
  const quotas = useList("/tenants/{tenant}/quotas", { tenant });
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <AsOf query={licenses} />
      </PageHeader>
      <Section title={words.licenses}>
        <ListView
          label={words.licenses}
          list={licenses}
          columns={LICENSES}
          idOf={(row) => row.servicePlanId}
          none={<p>{words.noLicenses}</p>}
        />
      </Section>
      <Section title={words.quotas}>
        <ListView label={words.quotas} list={usedOf(quotas)} columns={QUOTAS} idOf={(row) => row.id} none={<p>{words.noQuotas}</p>} />
      </Section>
    </>
  );
}

/** One row for each family of machines; a quota that Azure does not show is a row that says so. */
function usedOf(quotas: Rows<Quota>): Rows<Used> {
  const rows = quotas.rows.flatMap(({ subscriptionId, region, usages, error }): Used[] => {
    const place = { region, subscription: subscriptionId };
    if (error) {
      return [{ ...place, id: `${subscriptionId}${region}`, family: error, used: "-", limit: "-" }];
    }
    return usages.map(({ family, used, limit }) => ({
      ...place,
      id: `${subscriptionId}${region}${family}`,
      family,
      used: String(used),
      limit: String(limit),
    }));
  });
  return { ...quotas, rows };
}
