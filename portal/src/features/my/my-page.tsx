import { Card, Link as OutLink, ProgressBar, Subtitle1, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { useApi } from "../../api/context.tsx";
import { serviceNow } from "../../api/service-time.ts";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loading } from "../../components/loading.tsx";
import { distance, moment } from "../../components/moments.ts";
import type { Followed } from "../../components/operation-progress.tsx";
import { PageStatus } from "../../components/page-status.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/my.ts";
import { actionsOf } from "./actions.ts";

type OwnCloudPc = RowOf<"/me/cloudPCs">;
type SpotDesktop = RowOf<"/me/spotDesktops">;

const USABLE: ReadonlySet<string> = new Set(["provisioned", "provisionedWithWarnings", "inGracePeriod", "resizePendingLicense"]);
const RUNNING: ReadonlySet<string> = new Set(["pendingProvision", "provisioning", "resizing", "restoring", "deprovisioning"]);

const useStyles = makeStyles({
  cards: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 320px), 1fr))",
    gap: tokens.spacingHorizontalL,
    listStyleType: "none",
    margin: 0,
    padding: 0,
  },
  row: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
});

/** What belongs to the person who is signed in: their Cloud PCs, and the desktops that they share. */
export function MyPage(): ReactElement {
  const styles = useStyles();
  const list = useList("/me/cloudPCs", {}, { runs: ({ status }) => RUNNING.has(status) });
  const desktops = useList("/me/spotDesktops", {});
  const pcs = list.rows.filter(({ status }) => status !== "notProvisioned"); // a licence alone is no Cloud PC
  const isNothing = pcs.length === 0 && desktops.rows.length === 0 && !list.isPending && !desktops.isPending && desktops.error === null;
  return (
    <>
      <PageHeader title={words.title}>
        <AsOf query={list} />
      </PageHeader>
      {list.isPending && <Loading why={list.failureReason} />}
      {list.error !== null && <ErrorNotice error={list.error} again={list.again} />}
      {desktops.error !== null && <ErrorNotice error={desktops.error} again={desktops.again} />}
      {isNothing && list.error === null && <EmptyState title={words.none} text={words.noneText} />}
      <ul className={styles.cards}>
        {pcs.map((pc) => (
          <li key={pc.id} aria-label={[pc.displayName, pc.servicePlanName, pc.computerName].filter(Boolean).join(", ")}>
            <OwnCard pc={pc} />
          </li>
        ))}
      </ul>
      {desktops.rows.length > 0 && (
        <Section title={words.spotTitle}>
          <ul className={styles.cards}>
            {desktops.rows.map((each) => (
              <li key={each.id}>
                <DesktopCard desktop={each} />
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function OwnCard({ pc }: { readonly pc: OwnCloudPc }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const work = useActions((operation) => followed(pc.id, operation));
  const mayRestore = pc.actions.some(({ action, possible }) => action === "restore" && possible);
  const points = useOne("/me/cloudPCs/{id}/restorePoints", { id: pc.id }, { enabled: mayRestore });
  const ends = pc.progress.estimatedEndDateTime;
  const isUsable = USABLE.has(pc.status);
  return (
    <Card>
      <div className={styles.row}>
        <Subtitle1 as="h2">{pc.displayName}</Subtitle1>
        <PageStatus of={pc.displayName} status={pc.status} />
      </div>
      {pc.progress.percentComplete < 100 && !isUsable ? (
        <>
          <span>{pc.progress.title}</span>
          {pc.progress.reason ? <span>{pc.progress.reason}</span> : null}
          {ends ? <span>{words.ready(`${moment(ends)} (${distance(ends, serviceNow())})`)}</span> : null}
          <ProgressBar value={pc.progress.percentComplete / 100} aria-label={words.progress} />
        </>
      ) : null}
      {isUsable ? <OpenLink id={pc.id} /> : <span>{pc.status === "failed" ? words.hasFailed : words.notYet}</span>}
      <Facts
        facts={{
          [words.facts.plan]: pc.servicePlanName,
          [words.facts.computer]: pc.computerName,
          [words.ends]: pc.gracePeriodEndDateTime ? moment(pc.gracePeriodEndDateTime) : null,
        }}
      />
      <ActionButtons actions={actionsOf(api, pc, points.data?.value ?? [])} begin={work.begin} shown={2} />
      {work.view}
    </Card>
  );
}

function OpenLink({ id }: { readonly id: string }): ReactElement | null {
  const details = useOne("/me/cloudPCs/{id}/signInDetails", { id }, { isFixed: true });
  if (details.data === undefined) {
    return details.isError ? <ErrorNotice error={details.error} again={() => void details.refetch()} /> : null;
  }
  return (
    <DesktopLinks address={details.data.address} appAddress={details.data.appAddress} />
  );
}

interface DesktopLinksProps {
  readonly address: string;
  readonly appAddress: string | null | undefined;
}

/** Opens a desktop in a browser, and where its app link is known, in the Windows App. */
function DesktopLinks({ address, appAddress }: DesktopLinksProps): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.row}>
      <OutLink href={address} target="_blank" rel="noreferrer">
        {words.openBrowser}
      </OutLink>
      {appAddress ? <OutLink href={appAddress}>{words.openApp}</OutLink> : null}
    </div>
  );
}

function DesktopCard({ desktop }: { readonly desktop: SpotDesktop }): ReactElement {
  const styles = useStyles();
  return (
    <Card>
      <div className={styles.row}>
        <Subtitle1 as="h3">{desktop.displayName}</Subtitle1>
        <StatusBadge status={desktop.status} />
      </div>
      <span>{desktop.description}</span>
      {desktop.address && desktop.maySignIn ? (
        <DesktopLinks address={desktop.address} appAddress={desktop.appAddress} />
      ) : (
        <span>{words.waiting}</span>
      )}
    </Card>
  );
}

function followed(id: string, operation: string): Followed {
  return { path: "/me/cloudPCs/{id}/operations/{operation}", place: { id, operation }, page: null };
}
