import { Card, Subtitle1, Title2, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { pace } from "../../api/live.ts";
import { AsOf } from "../../components/as-of.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Loading } from "../../components/loading.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/home.ts";

const useStyles = makeStyles({
  cards: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(180px, 1fr))",
    gap: tokens.spacingHorizontalM,
    listStyleType: "none",
    padding: 0,
  },
});

const RUNNING: ReadonlySet<string> = new Set(["provisioning", "pendingProvision", "deprovisioning"]);

/** The state of a tenant at a glance, and where to begin. */
export function HomePage(): ReactElement {
  const { tenant = "" } = useParams();
  const styles = useStyles();
  const query = useCounts(tenant);
  const counts = query.data?.value.filter(({ count }) => count > 0) ?? [];
  return (
    <>
      <PageHeader title={words.title}>{query.isSuccess && <AsOf query={query} />}</PageHeader>
      <Subtitle1 as="h2">{words.byStatus}</Subtitle1>
      {query.isPending && <Loading />}
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {query.isSuccess && counts.length === 0 && <p>{words.none}</p>}
      <ul className={styles.cards}>
        {counts.map(({ status, count }) => (
          <li key={status}>
            <Card>
              <Title2>{count}</Title2>
              <Link to={`/t/${tenant}/cloud-pcs?status=${status}`}>
                <StatusBadge status={status} />
              </Link>
            </Card>
          </li>
        ))}
      </ul>
      <Begin tenant={tenant} />
    </>
  );
}

function Begin({ tenant }: { readonly tenant: string }): ReactElement | null {
  const maySave = useMay("wizards/save");
  if (!maySave) {
    return null;
  }
  return (
    <section aria-label={words.begin}>
      <Subtitle1 as="h2">{words.begin}</Subtitle1>
      <ul>
        {Object.entries(words.wizards).map(([name, title]) => (
          <li key={name}>
            <Link to={`/t/${tenant}/wizards/${name}`}>{title}</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useCounts(tenant: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["counts", tenant],
    queryFn: () =>
      dataOf(
        api.GET(`${ROOT}/cloudPCs/retrieveCloudPcCountByStatus()`, { params: { path: at(tenant) } }),
      ),
    refetchInterval: ({ state }) =>
      pace(state.data?.value.some(({ status, count }) => count > 0 && RUNNING.has(status)) ?? false),
  });
}
