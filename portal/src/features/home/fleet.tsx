import { ArrowSync20Regular } from "@fluentui/react-icons/svg/arrow-sync";
import { CheckmarkCircle20Regular } from "@fluentui/react-icons/svg/checkmark-circle";
import { Clock20Regular } from "@fluentui/react-icons/svg/clock";
import { ErrorCircle20Regular } from "@fluentui/react-icons/svg/error-circle";
import { People20Regular } from "@fluentui/react-icons/svg/people";
import { PersonAvailable20Regular } from "@fluentui/react-icons/svg/person-available";
import { Server20Regular } from "@fluentui/react-icons/svg/server";
import { Warning20Regular } from "@fluentui/react-icons/svg/warning";
import { makeStyles, tokens, Subtitle2 } from "@fluentui/react-components";
import type { ReactElement } from "react";

import type { Found } from "../../api/read.ts";
import { NumberCards, type Figure } from "../../components/number-card.tsx";
import { words } from "../../words/home.ts";

type Summary = Found<"/tenants/{tenant}/summary">;

const useStyles = makeStyles({
  half: { marginBottom: tokens.spacingVerticalL },
  title: { margin: `0 0 ${tokens.spacingVerticalS}` },
});

/** What there is: both halves of the service as numbers, each a link to the list of what it counts. */
export function Fleet({ tenant, summary }: { readonly tenant: string; readonly summary: Summary }): ReactElement {
  return (
    <>
      <Half title={words.cloudPcs} figures={cloudPcs(`/t/${tenant}/cloud-pcs`, summary)} />
      <Half title={words.spot} figures={spot(`/t/${tenant}/spot-groups`, summary)} />
    </>
  );
}

function Half({ title, figures }: { readonly title: string; readonly figures: readonly Figure[] }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.half}>
      <Subtitle2 as="h2" className={styles.title} block>
        {title}
      </Subtitle2>
      <NumberCards label={title} figures={figures} />
    </div>
  );
}

function cloudPcs(list: string, { statuses, building, failed, removalsWaiting }: Summary): Figure[] {
  const of = (status: string): number => statuses[status] ?? 0;
  const at = (status: string): string => `${list}?status=${status}`;
  return [
    {
      id: "ready",
      icon: CheckmarkCircle20Regular,
      label: words.ready,
      count: of("provisioned"),
      to: at("provisioned"),
      color: "success",
    },
    {
      id: "warned",
      icon: Warning20Regular,
      label: words.warnings,
      count: of("provisionedWithWarnings"),
      to: at("provisionedWithWarnings"),
      color: "warning",
    },
    { id: "building", icon: ArrowSync20Regular, label: words.building, count: building, to: at("provisioning") },
    {
      id: "failed",
      icon: ErrorCircle20Regular,
      label: words.haveFailed,
      count: failed,
      to: at("failed"),
      color: "danger",
    },
    {
      id: "grace",
      icon: Clock20Regular,
      label: words.inGrace,
      count: of("inGracePeriod"),
      to: at("inGracePeriod"),
      color: "warning",
    },
    {
      id: "waiting",
      icon: People20Regular,
      label: words.removalsWaiting,
      count: removalsWaiting,
      to: list.replace("cloud-pcs", "removals"),
      color: "warning",
    },
  ];
}

function spot(list: string, { spotCapacity, spot: waiting }: Summary): Figure[] {
  const { activeSessions, disconnectedSessions, seats, onlineHosts, builtHosts } = spotCapacity;
  return [
    {
      id: "hosts",
      icon: Server20Regular,
      label: words.hostsOnline,
      count: onlineHosts,
      of: builtHosts,
      to: list,
      color: "success",
    },
    {
      id: "seats",
      icon: PersonAvailable20Regular,
      label: words.seatsUsed,
      count: activeSessions + disconnectedSessions,
      of: seats,
      to: list,
    },
    { id: "active", icon: People20Regular, label: words.activeSessions, count: activeSessions, to: list },
    {
      id: "broken",
      icon: ErrorCircle20Regular,
      label: words.hostsBroken,
      count: waiting.hostsBroken,
      to: list,
      color: "danger",
    },
    {
      id: "stopped",
      icon: Warning20Regular,
      label: words.releasesStopped,
      count: waiting.releasesStopped,
      to: list,
      color: "warning",
    },
    {
      id: "held",
      icon: Clock20Regular,
      label: words.membersHeld,
      count: waiting.removalsHeld,
      to: list,
      color: "warning",
    },
  ];
}
