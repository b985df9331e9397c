import { Caption1, makeStyles, tokens } from "@fluentui/react-components";
import { Desktop20Regular } from "@fluentui/react-icons/svg/desktop";
import { DocumentSettings20Regular } from "@fluentui/react-icons/svg/document-settings";
import { Globe20Regular } from "@fluentui/react-icons/svg/globe";
import type { ReactElement } from "react";
import { Link } from "react-router";

import type { components } from "../../api/schema.d.ts";
import type { Found } from "../../api/read.ts";
import { regionName } from "../../components/region-names.ts";
import { Section } from "../../components/section.tsx";
import { ShareBar } from "../../components/share-bar.tsx";
import { words } from "../../words/home.ts";

type Share = components["schemas"]["Share"];
type Summary = Found<"/tenants/{tenant}/summary">;

const useStyles = makeStyles({
  grid: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 280px), 1fr))",
    gap: tokens.spacingHorizontalL,
    marginTop: tokens.spacingVerticalL,
  },
  list: { listStyleType: "none", padding: 0, margin: 0, display: "grid", rowGap: tokens.spacingVerticalM },
  head: {
    display: "flex",
    justifyContent: "space-between",
    columnGap: tokens.spacingHorizontalM,
    overflowWrap: "anywhere",
  },
  counts: { color: tokens.colorNeutralForeground2, flexShrink: 0 },
});

/** How the Cloud PCs are shared out, by policy, plan and region. */
export function Shares({
  tenant,
  summary,
}: {
  readonly tenant: string;
  readonly summary: Summary;
}): ReactElement | null {
  const styles = useStyles();
  if (summary.total === 0) {
    return null;
  }
  const parts = [
    ["policy", summary.provisioningPolicies, DocumentSettings20Regular],
    ["plan", summary.servicePlans, Desktop20Regular],
    ["region", summary.regions, Globe20Regular],
  ] as const;
  return (
    <div className={styles.grid}>
      {parts.map(([filter, shares, icon]) => (
        <Section key={filter} title={words.shares[filter]} icon={icon} isInGrid>
          <ul className={styles.list}>
            {shares.map((share) => (
              <Row key={nameOf(share, filter)} tenant={tenant} filter={filter} share={share} whole={summary.total} />
            ))}
          </ul>
        </Section>
      ))}
    </div>
  );
}

interface RowGiven {
  readonly tenant: string;
  readonly filter: string;
  readonly share: Share;
  readonly whole: number;
}

function Row({ tenant, filter, share, whole }: RowGiven): ReactElement {
  const styles = useStyles();
  const value = share.id ?? share.displayName;
  const ready = share.statuses["provisioned"] ?? 0;
  const failed = share.statuses["failed"] ?? 0;
  return (
    <li>
      <div className={styles.head}>
        {value ? (
          <Link to={`/t/${tenant}/cloud-pcs?${filter}=${encodeURIComponent(value)}`}>{nameOf(share, filter)}</Link>
        ) : (
          <span>{nameOf(share, filter)}</span>
        )}
        <Caption1 className={styles.counts}>{words.shareCounts({ count: share.count, ready, failed })}</Caption1>
      </div>
      <ShareBar
        whole={whole}
        parts={[
          { id: "ready", count: ready },
          { id: "failed", count: failed, look: "danger" },
          { id: "others", count: share.count - ready - failed, look: "quiet" },
        ]}
      />
    </li>
  );
}

function nameOf({ id, displayName }: Share, filter: string): string {
  const name = displayName ?? id ?? words.nothing;
  return filter === "region" ? regionName(name) : name;
}
