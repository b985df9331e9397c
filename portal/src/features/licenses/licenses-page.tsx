import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { Certificate20Regular } from "@fluentui/react-icons/svg/certificate";
import { DataUsage20Regular } from "@fluentui/react-icons/svg/data-usage";
import { useMemo, useState, type ReactElement } from "react";
import { useParams } from "react-router";

import type { Rows } from "../../api/pages.ts";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ListView } from "../../components/list-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { ShareBar } from "../../components/share-bar.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { regionName } from "../../components/region-names.ts";
import { words } from "../../words/licenses.ts";

type License = RowOf<"/tenants/{tenant}/licenses">;
type Quota = RowOf<"/tenants/{tenant}/quotas">;

interface Used {
  readonly id: string;
  readonly region: string;
  readonly subscription: string;
  readonly family: string;
  /** null: Azure does not show it. */
  readonly used: number | null;
  readonly limit: number | null;
}

/** From so much on a quota is nearly used up. */
const NEARLY = 0.8;

const useStyles = makeStyles({
  used: { display: "grid", rowGap: tokens.spacingVerticalXXS, minWidth: "80px" },
  line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalS },
});

const LICENSES: readonly Column<License>[] = [
  { id: "plan", width: "34%", title: words.licenseColumns.plan, cell: (row) => row.displayName },
  {
    id: "used",
    width: "34%",
    title: words.licenseColumns.used,
    cell: (row) => <Share used={row.used} limit={row.total} />,
  },
  { id: "free", title: words.licenseColumns.free, cell: (row) => String(row.free) },
  { id: "cloudPcs", title: words.licenseColumns.cloudPcs, cell: (row) => String(row.cloudPcs) },
];

function quotaColumns(nameOf: (subscription: string) => string): readonly Column<Used>[] {
  return [
    { id: "region", width: "16%", title: words.quotaColumns.region, cell: (row) => regionName(row.region) },
    {
      id: "family",
      width: "30%",
      title: words.quotaColumns.family,
      cell: (row) => (row.family === WHOLE ? words.whole : row.family),
    },
    {
      id: "used",
      width: "34%",
      title: words.quotaColumns.used,
      cell: (row) => (row.used === null || row.limit === null ? "-" : <Share used={row.used} limit={row.limit} />),
    },
    {
      id: "subscription",
      title: words.quotaColumns.subscription,
      cell: (row) => <span title={row.subscription}>{nameOf(row.subscription)}</span>,
    },
  ];
}

/** The family that stands for all vCPUs of a region. */
const WHOLE = "cores";

/** How much of something is used, as a bar and in numbers; what is short says so. */
function Share({ used, limit }: { readonly used: number; readonly limit: number }): ReactElement {
  const styles = useStyles();
  const isShort = limit > 0 && used >= limit;
  const isNearly = !isShort && used > limit * NEARLY;
  return (
    <div className={styles.used}>
      <span className={styles.line}>
        {words.usedOf({ used, limit })}
        {isShort && <StatusBadge status="failed" title={words.isShort} />}
        {isNearly && <StatusBadge status="warning" title={words.isNearlyShort} />}
      </span>
      <ShareBar
        whole={limit}
        parts={[
          {
            id: "used",
            count: Math.min(used, limit),
            ...(isShort ? { look: "danger" as const } : isNearly ? { look: "warning" as const } : {}),
          },
        ]}
      />
    </div>
  );
}

/** What there is to build with: licences bought, used and free, and Azure's quotas. */
export function LicensesPage(): ReactElement {
  const { tenant = "" } = useParams();
  const licenses = useList("/tenants/{tenant}/licenses", { tenant });
  const quotas = useList("/tenants/{tenant}/quotas", { tenant });
  const settings = useOne("/tenants/{tenant}", { tenant });
  const [isAll, setAll] = useState(false);
  const subscriptions = settings.data;
  const columns = useMemo(
    () =>
      quotaColumns((id) =>
        subscriptions === undefined
          ? id
          : id === subscriptions.subscriptionId
            ? words.mainSubscription
            : words.furtherSubscription({ number: subscriptions.furtherSubscriptionIds.indexOf(id) + 1 }),
      ),
    [subscriptions],
  );
  const all = usedOf(quotas);
  const inUse = all.rows.filter(({ used }) => used === null || used > 0);
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <AsOf query={licenses} />
      </PageHeader>
      <Section title={words.licenses} icon={Certificate20Regular}>
        <ListView
          label={words.licenses}
          list={licenses}
          columns={LICENSES}
          idOf={(row) => row.servicePlanId}
          none={<p>{words.noLicenses}</p>}
        />
      </Section>
      <Section
        title={words.quotas}
        icon={DataUsage20Regular}
        tools={
          all.rows.length > inUse.length ? (
            <Button size="small" appearance="subtle" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
              {isAll ? words.fewer : words.more({ count: all.rows.length - inUse.length })}
            </Button>
          ) : null
        }
      >
        <ListView
          label={words.quotas}
          list={{ ...all, rows: isAll ? all.rows : inUse }}
          columns={columns}
          idOf={(row) => row.id}
          none={<p>{all.rows.length === 0 ? words.noQuotas : words.noneUsed}</p>}
        />
      </Section>
    </>
  );
}

/** One row for each family of machines; a quota that Azure does not show is a row that says so. */
function usedOf(quotas: Rows<Quota>): Rows<Used> {
  const rows = quotas.rows.flatMap(({ subscriptionId, region, usages, error }): Used[] => {
    const place = { region, subscription: subscriptionId };
    if (error) {
      return [{ ...place, id: `${subscriptionId}${region}`, family: error, used: null, limit: null }];
    }
    return usages.map(({ family, used, limit }) => ({
      ...place,
      id: `${subscriptionId}${region}${family}`,
      family,
      used,
      limit,
    }));
  });
  return { ...quotas, rows: rows.toSorted((one, other) => shareOf(other) - shareOf(one)) };
}

/** What is nearly used up stands first, and before it what cannot be seen. */
function shareOf({ used, limit }: Used): number {
  return used === null || limit === null ? Infinity : used / Math.max(1, limit);
}
