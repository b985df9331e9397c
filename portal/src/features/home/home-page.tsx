import { Card, Title2, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { useMay } from "../../api/context.tsx";
import { useOne, type Found } from "../../api/read.ts";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/home.ts";
import { Needs } from "./needs.tsx";
import { RunningWork } from "./running-work.tsx";
import { Shares } from "./shares.tsx";

type Summary = Found<"/tenants/{tenant}/summary">;

const useStyles = makeStyles({
  cards: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(180px, 1fr))",
    gap: tokens.spacingHorizontalM,
    listStyleType: "none",
    padding: 0,
    margin: 0,
  },
  inner: { alignItems: "start" },
  card: { textDecoration: "none", color: tokens.colorNeutralForeground1 },
});

const RUNNING = ["provisioning", "pendingProvision", "deprovisioning", "resizing", "restoring"] as const;

/** The state of a tenant at a glance: counts, what needs somebody, what runs, and where to begin. */
export function HomePage(): ReactElement {
  const { tenant = "" } = useParams();
  const query = useOne("/tenants/{tenant}/summary", { tenant }, { runs });
  return (
    <>
      <PageHeader title={words.title}>
        <AsOf query={query} />
      </PageHeader>
      <DetailView query={query} isPart>
        {(summary) => (
          <>
            <Counts tenant={tenant} statuses={summary.statuses} />
            <Needs tenant={tenant} summary={summary} />
            <Shares tenant={tenant} summary={summary} />
          </>
        )}
      </DetailView>
      <RunningWork tenant={tenant} />
      <Begin tenant={tenant} />
    </>
  );
}

function runs({ statuses }: Summary): boolean {
  return RUNNING.some((status) => (statuses[status] ?? 0) > 0);
}

function Counts(given: { readonly tenant: string; readonly statuses: Summary["statuses"] }): ReactElement {
  const styles = useStyles();
  const counts = Object.entries(given.statuses).filter(([, count]) => count > 0);
  return (
    <Section title={words.byStatus}>
      {counts.length === 0 && <p>{words.none}</p>}
      <ul className={styles.cards}>
        {counts.map(([status, count]) => (
          <li key={status}>
            <Link className={styles.card} to={`/t/${given.tenant}/cloud-pcs?status=${status}`}>
              <Card className={styles.inner}>
                <Title2>{count}</Title2>
                <StatusBadge status={status} />
              </Card>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Begin({ tenant }: { readonly tenant: string }): ReactElement | null {
  const maySave = useMay("wizards/save");
  if (!maySave) {
    return null;
  }
  return (
    <Section title={words.begin}>
      <ul>
        {Object.entries(words.wizards).map(([name, title]) => (
          <li key={name}>
            <Link to={`/t/${tenant}/wizards/${name}`}>{title}</Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
