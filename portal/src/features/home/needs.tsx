import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useOne, type Found } from "../../api/read.ts";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Loading } from "../../components/loading.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/home.ts";

type Summary = Found<"/tenants/{tenant}/summary">;

interface Need {
  readonly text: string;
  readonly path: string;
}

/** What does not go on by itself: each with the page that helps. */
export function Needs({ tenant, summary }: { readonly tenant: string; readonly summary: Summary }): ReactElement {
  const connections = useOne(
    `${ROOT}/onPremisesConnections`,
    { tenant },
    { query: { $filter: "healthCheckStatus eq 'failed'", $select: "id,displayName" } },
  );
  const licenses = useOne("/tenants/{tenant}/licenses", { tenant });
  const settings = useOne("/tenants/{tenant}", { tenant });
  const asked = [connections, licenses, settings];
  const failed = asked.find(({ isError, data }) => isError && data === undefined);
  const needs: Need[] = [
    ...counted(summary.statuses["failed"], words.failed, "/cloud-pcs?status=failed"),
    ...counted(summary.statuses["provisionedWithWarnings"], words.warned, "/cloud-pcs?status=provisionedWithWarnings"),
    ...counted(summary.machinesGone, words.machinesGone, summary.statuses["failed"] ? "/cloud-pcs?status=failed" : "/spot-groups"),
    ...counted(summary.sharedMissing, words.sharedMissing, "/removals"),
    ...counted(summary.removalsWaiting, words.removals, "/removals"),
    ...counted(summary.spot.removalsHeld, words.spotRemovals, "/spot-groups"),
    ...counted(summary.spot.releasesStopped, words.spotReleases, "/spot-groups"),
    ...counted(summary.spot.hostsBroken, words.spotHosts, "/spot-groups"),
    ...(connections.data?.value ?? []).map(({ id, displayName }) => ({
      text: words.unhealthy(displayName ?? id),
      path: `/connections/${id}`,
    })),
    ...(licenses.data?.value ?? [])
      .filter(({ total, free }) => total > 0 && free === 0)
      .map(({ displayName }) => ({ text: words.short(displayName), path: "/licenses" })),
    ...(settings.data?.paused ? [{ text: words.paused, path: "/tenant" }] : []),
  ];
  return (
    <Section title={words.needs}>
      {needs.length === 0 && asked.every(({ data }) => data !== undefined) && <p>{words.nothingNeeds}</p>}
      {failed === undefined && asked.some(({ isPending }) => isPending) && <Loading why={asked.find(({ isPending }) => isPending)?.failureReason ?? null} />}
      {failed !== undefined && <ErrorNotice error={failed.error} again={() => void failed.refetch()} />}
      <ul>
        {needs.map(({ text, path }) => (
          <li key={text}>
            <Link to={`/t/${tenant}${path}`}>{text}</Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function counted(count: number | undefined, say: (count: number) => string, path: string): Need[] {
  return count ? [{ text: say(count), path }] : [];
}
