import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOne } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { HeldBackNotice } from "../../components/held-back.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { regionName } from "../../components/region-names.ts";
import { saidOf } from "../../components/supported.ts";
import { useActions, type Work } from "../../components/use-actions.tsx";
import { words } from "../../words/spot-groups.ts";
import { hostActions } from "./actions.ts";
import { HostBadge } from "./host-badge.tsx";
import { Decisions } from "./lists.tsx";
import { useSupportedOfHost } from "./supported.ts";
import type { SessionHost } from "./types.ts";

/** One session host: its machine, its sessions, what is wrong with it, and what the engine has decided of it. */
export function SessionHostPage(): ReactElement {
  const { tenant = "", id = "", host = "" } = useParams();
  const work = useActions(inTenant(tenant));
  const query = useOne(`${ROOT}/spotGroups/{id}/hosts/{host}`, { tenant, id, host });
  return (
    <DetailView query={query}>
      {(found) => (
        <>
          <PageHeader title={found.computerName ?? found.id} status={<HostBadge host={found} />}>
            <AsOf query={query} />
          </PageHeader>
          <Actions tenant={tenant} group={id} host={found} work={work} />
          {work.view}
          <Notices host={found} />
          <Overview facts={factsOf(found, tenant, id)} />
          <Decisions tenant={tenant} group={id} host={host} />
        </>
      )}
    </DetailView>
  );
}

interface ActionsGiven {
  readonly tenant: string;
  readonly group: string;
  readonly host: SessionHost;
  readonly work: Work;
}

function Actions({ tenant, group, host, work }: ActionsGiven): ReactElement {
  const api = useApi();
  const says = saidOf(useSupportedOfHost(tenant, group, host.id));
  return <ActionButtons actions={hostActions(api, tenant, group, host, says)} begin={work.begin} shown={4} />;
}

/** What does not work on it, and what it waits for. */
function Notices({ host }: { readonly host: SessionHost }): ReactElement {
  return (
    <>
      {host.failure ? (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{words.failure}</MessageBarTitle>
            {host.failure}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      <HeldBackNotice held={host.heldBack} />
      {host.parkedBecause ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{words.parked}</MessageBarTitle>
            {host.parkedBecause}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {host.otherSettings.length > 0 ? (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{words.otherSettings}</MessageBarTitle>
            {host.otherSettings.map(titleOf).join(", ")}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {host.warnings.map(({ step, message }) => (
        <MessageBar key={step} intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{titleOf(step)}</MessageBarTitle>
            {message}
          </MessageBarBody>
        </MessageBar>
      ))}
    </>
  );
}

function factsOf(host: SessionHost, tenant: string, group: string): Readonly<Record<string, unknown>> {
  return {
    spotGroup: <Link to={`/t/${tenant}/spot-groups/${group}?tab=hosts`}>{words.toGroup}</Link>,
    machine: host.state ? titleOf(host.state) : null,
    agent: host.agentStatus ? titleOf(host.agentStatus) : null,
    takesNewSessions: host.allowNewSession,
    activeSessions: host.activeSessions,
    disconnectedSessions: host.disconnectedSessions,
    user: host.assignedUserPrincipalName,
    imageVersion: (
      <Link to={`/t/${tenant}/image-sets/${host.imageSetId}/versions/${host.imageVersion}`}>{host.imageVersion}</Link>
    ),
    profiles: profilesOf(host.settings),
    settingsSince: host.settings ? moment(host.settings.appliedDateTime) : null,
    tried: host.proven,
    work: host.task ? titleOf(host.task) : null,
    step: host.step ? titleOf(host.step) : null,
    size: host.size,
    region: [host.region && regionName(host.region), host.zone].filter(Boolean).join(", "),
    lowPriority: host.lowPriority,
    drainedByHand: host.drainedByHand,
    excluded: host.excluded,
    keptUntil: host.keptUntilDateTime ? moment(host.keptUntilDateTime) : null,
    usersToldAt: host.notifiedDateTime ? moment(host.notifiedDateTime) : null,
    seen: host.seenDateTime ? moment(host.seenDateTime) : null,
    created: moment(host.createdDateTime),
  };
}

function profilesOf(settings: SessionHost["settings"]): string | null {
  return settings?.profileContainers === "off" ? words.profilesOnDisk : (settings?.profilePath ?? null);
}
