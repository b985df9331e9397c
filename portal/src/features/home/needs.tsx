import { makeStyles, tokens } from "@fluentui/react-components";
import { Alert20Regular } from "@fluentui/react-icons/svg/alert";
import { CheckmarkCircle20Regular } from "@fluentui/react-icons/svg/checkmark-circle";
import { ChevronRight20Regular } from "@fluentui/react-icons/svg/chevron-right";
import { ErrorCircle20Regular } from "@fluentui/react-icons/svg/error-circle";
import { Warning20Regular } from "@fluentui/react-icons/svg/warning";
import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useOne, type Found } from "../../api/read.ts";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { IconTile } from "../../components/icon-tile.tsx";
import { Loading } from "../../components/loading.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/home.ts";

type Summary = Found<"/tenants/{tenant}/summary">;

interface Need {
  readonly text: string;
  readonly path: string;
  /** What is done there. */
  readonly remedy: string;
  readonly isWarning?: boolean;
}

const useStyles = makeStyles({
  list: { listStyleType: "none", padding: 0, margin: 0, display: "grid", rowGap: tokens.spacingVerticalS },
  row: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    padding: tokens.spacingHorizontalXS,
    borderRadius: tokens.borderRadiusLarge,
    color: tokens.colorNeutralForeground1,
    textDecoration: "none",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  text: { flexGrow: 1, minWidth: 0, overflowWrap: "anywhere" },
  remedy: { display: "flex", alignItems: "center", flexShrink: 0, color: tokens.colorBrandForegroundLink },
  fine: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalM, margin: 0 },
});

/** What does not go on by itself: each with the page that helps. */
export function Needs({ tenant, summary }: { readonly tenant: string; readonly summary: Summary }): ReactElement {
  const styles = useStyles();
  const connections = useOne(
    `${ROOT}/onPremisesConnections`,
    { tenant },
    { query: { $filter: "healthCheckStatus eq 'failed'", $select: "id,displayName" } },
  );
  const licenses = useOne("/tenants/{tenant}/licenses", { tenant });
  const settings = useOne("/tenants/{tenant}", { tenant });
  const asked = [connections, licenses, settings];
  const failed = asked.find(({ isError, data }) => isError && data === undefined);
  const { remedies } = words;
  const needs: Need[] = [
    ...counted(summary.statuses["failed"], words.failed, "/cloud-pcs?status=failed", remedies.show),
    ...counted(
      summary.statuses["provisionedWithWarnings"],
      words.warned,
      "/cloud-pcs?status=provisionedWithWarnings",
      remedies.show,
      true,
    ),
    ...counted(
      summary.machinesGone,
      words.machinesGone,
      summary.statuses["failed"] ? "/cloud-pcs?status=failed" : "/spot-groups",
      remedies.show,
    ),
    ...counted(summary.sharedMissing, words.sharedMissing, "/removals", remedies.show),
    ...counted(summary.removalsWaiting, words.removals, "/removals", remedies.decide, true),
    ...counted(summary.spot.removalsHeld, words.spotRemovals, "/spot-groups", remedies.decide, true),
    ...counted(summary.spot.releasesStopped, words.spotReleases, "/spot-groups", remedies.show),
    ...counted(summary.spot.hostsBroken, words.spotHosts, "/spot-groups", remedies.show),
    ...(connections.data?.value ?? []).map(({ id, displayName }) => ({
      text: words.unhealthy({ name: displayName ?? id }),
      path: `/connections/${id}`,
      remedy: remedies.check,
    })),
    ...(licenses.data?.value ?? [])
      .filter(({ total, free }) => total > 0 && free === 0)
      .map(({ displayName }) => ({
        text: words.short({ plan: displayName }),
        path: "/licenses",
        remedy: remedies.show,
        isWarning: true,
      })),
    ...(settings.data?.paused
      ? [{ text: words.paused, path: "/tenant", remedy: remedies.resume, isWarning: true }]
      : []),
  ];
  return (
    <Section title={words.needs} icon={Alert20Regular} isInGrid>
      {needs.length === 0 && asked.every(({ data }) => data !== undefined) && (
        <p className={styles.fine}>
          <IconTile icon={CheckmarkCircle20Regular} color="success" />
          <span>{words.nothingNeeds}</span>
        </p>
      )}
      {failed === undefined && asked.some(({ isPending }) => isPending) && (
        <Loading why={asked.find(({ isPending }) => isPending)?.failureReason ?? null} />
      )}
      {failed !== undefined && <ErrorNotice error={failed.error} again={() => void failed.refetch()} />}
      <ul className={styles.list}>
        {needs.map(({ text, path, remedy, isWarning = false }) => (
          <li key={text}>
            <Link to={`/t/${tenant}${path}`} className={styles.row}>
              <IconTile
                icon={isWarning ? Warning20Regular : ErrorCircle20Regular}
                color={isWarning ? "warning" : "danger"}
              />
              <span className={styles.text}>{text}</span>{" "}
              <span className={styles.remedy}>
                {remedy}
                <ChevronRight20Regular />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function counted(
  count: number | undefined,
  say: (values: { readonly count: number }) => string,
  path: string,
  remedy: string,
  isWarning = false,
): Need[] {
  return count ? [{ text: say({ count }), path, remedy, isWarning }] : [];
}
