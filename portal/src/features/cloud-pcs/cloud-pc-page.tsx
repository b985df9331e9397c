import { Button, MessageBar, MessageBarBody, ProgressBar, Subtitle1 } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { useMay } from "../../api/context.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loading } from "../../components/loading.tsx";
import { distance, moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { TimelineView, type Step } from "../../components/timeline-view.tsx";
import { words } from "../../words/cloud-pcs.ts";
import { useCloudPc, useReboot, useTimeline, type CloudPc, type Timeline } from "./api.ts";

/** One Cloud PC: what it is, how far it is, what happened to it, and what can be done. */
export function CloudPcPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useCloudPc(tenant, id);
  if (query.isPending) {
    return <Loading />;
  }
  if (query.data === undefined) {
    return <ErrorNotice error={query.error} again={() => void query.refetch()} />;
  }
  const pc = query.data;
  return (
    <>
      <PageHeader title={pc.displayName}>
        <StatusBadge status={pc.status} />
        <AsOf query={query} />
      </PageHeader>
      <Actions tenant={tenant} pc={pc} />
      <Details pc={pc} now={query.dataUpdatedAt} />
      <History tenant={tenant} pc={pc} />
    </>
  );
}

function Actions({ tenant, pc }: { readonly tenant: string; readonly pc: CloudPc }): ReactElement {
  const reboot = useReboot(tenant, pc.id);
  const mayReboot = useMay("cloudPCs/reboot");
  return (
    <>
      <Button disabled={!mayReboot || reboot.isPending} onClick={() => reboot.mutate()}>
        {words.restart}
      </Button>
      {reboot.isSuccess && (
        <MessageBar intent="success">
          <MessageBarBody>{words.requested}</MessageBarBody>
        </MessageBar>
      )}
      {reboot.isError && <ErrorNotice error={reboot.error} />}
    </>
  );
}

function Details({ pc, now }: { readonly pc: CloudPc; readonly now: number }): ReactElement {
  const progress = pc["@deskwright.progress"];
  const ends = progress?.estimatedEndDateTime;
  return (
    <section aria-label={pc.displayName}>
      {progress && progress.percentComplete < 100 ? (
        <ProgressBar value={progress.percentComplete / 100} aria-label={words.progress} />
      ) : null}
      <Facts
        facts={{
          user: pc.userPrincipalName,
          policy: pc.provisioningPolicyName,
          servicePlan: pc.servicePlanName,
          image: pc.imageDisplayName,
          connection: pc.onPremisesConnectionName,
          region: pc.deviceRegionName,
          computerName: pc.managedDeviceName,
          step: progress?.title,
          ready: ends ? `${moment(ends)} (${distance(ends, now)})` : null,
          reason: pc.statusDetail?.message,
          created: moment(pc.createdDateTime),
          provisioned: pc.provisionedDateTime ? moment(pc.provisionedDateTime) : null,
        }}
      />
    </section>
  );
}

function History({ tenant, pc }: { readonly tenant: string; readonly pc: CloudPc }): ReactElement {
  const query = useTimeline(tenant, pc.id, pc.status === "provisioning");
  return (
    <section>
      <Subtitle1 as="h2">{words.timeline}</Subtitle1>
      {query.isPending && <Loading />}
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {query.data !== undefined && <TimelineView steps={stepsOf(query.data)} now={query.dataUpdatedAt} />}
    </section>
  );
}

function stepsOf(timeline: Timeline): Step[] {
  return timeline.entries.map((entry) => ({
    id: `${entry.generation}/${entry.attempt}/${entry.step}/${entry.startedAt}`,
    title: entry.title,
    startedAt: entry.startedAt,
    endedAt: entry.endedAt ?? null,
    outcome: entry.outcome ?? null,
    detail: [entry.error?.message, entry.error?.advice, entry.note].filter(Boolean).join(" "),
  }));
}
