import { Button, Caption1, ProgressBar, Subtitle1, Subtitle2, makeStyles, tokens } from "@fluentui/react-components";
import { Apps20Regular } from "@fluentui/react-icons/svg/apps";
import { Desktop20Regular } from "@fluentui/react-icons/svg/desktop";
import { Open20Regular } from "@fluentui/react-icons/svg/open";
import { People20Regular } from "@fluentui/react-icons/svg/people";
import type { ReactElement } from "react";

import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { IconTile } from "../../components/icon-tile.tsx";
import { Loading } from "../../components/loading.tsx";
import { endRange, moment } from "../../components/moments.ts";
import type { Followed } from "../../components/operation-progress.tsx";
import { PageStatus } from "../../components/page-status.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/my.ts";
import { textFor } from "../../words/texts.ts";
import { actionsOf } from "./actions.ts";
import { chooseMail } from "./mail.ts";

type OwnCloudPc = RowOf<"/me/cloudPCs">;
type SpotDesktop = RowOf<"/me/spotDesktops">;

const USABLE: ReadonlySet<string> = new Set([
  "provisioned",
  "provisionedWithWarnings",
  "inGracePeriod",
  "resizePendingLicense",
]);
const RUNNING: ReadonlySet<string> = new Set([
  "pendingProvision",
  "provisioning",
  "resizing",
  "restoring",
  "deprovisioning",
]);

const useStyles = makeStyles({
  cards: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 380px), 1fr))",
    gap: tokens.spacingHorizontalL,
    listStyleType: "none",
    margin: 0,
    padding: 0,
  },
  row: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  head: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  names: { display: "grid", flexGrow: 1, flexBasis: "150px", minWidth: 0 },
  title: { margin: 0, overflowWrap: "anywhere" },
  quiet: { color: tokens.colorNeutralForeground2 },
});

/** What belongs to the person who is signed in: their Cloud PCs, and the desktops that they share. */
export function MyPage(): ReactElement {
  const styles = useStyles();
  const list = useList("/me/cloudPCs", {}, { runs: ({ status }) => RUNNING.has(status) });
  const desktops = useList("/me/spotDesktops", {});
  const pcs = list.rows.filter(({ status }) => status !== "notProvisioned"); // a licence alone is no Cloud PC
  const isNothing =
    pcs.length === 0 && desktops.rows.length === 0 && !list.isPending && !desktops.isPending && desktops.error === null;
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <AsOf query={list} />
        <MailButton />
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

function MailButton(): ReactElement | null {
  const api = useApi();
  const work = useActions((operation) => followed("", operation)); // preferences are changed without an operation
  const mail = useOne("/me/notices", {}, { isSlow: true });
  const choose = chooseMail(api, mail.data);
  return choose === null ? null : (
    <>
      <ActionButtons actions={[choose]} begin={work.begin} />
      {work.view}
    </>
  );
}

function OwnCard({ pc }: { readonly pc: OwnCloudPc }): ReactElement {
  const styles = useStyles();
  const api = useApi();
  const work = useActions((operation) => followed(pc.id, operation));
  const mayRestore = pc.actions.some(({ action, possible }) => action === "restore" && possible);
  const points = useOne("/me/cloudPCs/{id}/restorePoints", { id: pc.id }, { enabled: mayRestore, isSlow: true });
  const ends = endRange(pc.progress);
  const isUsable = USABLE.has(pc.status);
  return (
    <Panel>
      <div className={styles.head}>
        <IconTile icon={Desktop20Regular} />
        <div className={styles.names}>
          <Subtitle1 as="h2" className={styles.title}>
            {pc.displayName}
          </Subtitle1>
          <Caption1 className={styles.quiet}>{pc.servicePlanName}</Caption1>
          {pc.computerName ? <Caption1 className={styles.quiet}>{pc.computerName}</Caption1> : null}
        </div>
        <PageStatus of={pc.displayName} status={pc.status} {...statusWords(pc.status)} />
      </div>
      {pc.progress.percentComplete < 100 && !isUsable ? (
        <>
          <span>{textFor(words.steps, pc.progress.step ?? "") ?? titleOf(pc.status)}</span>
          {pc.progress.reason ? <span>{pc.progress.reason}</span> : null}
          {ends ? <span>{words.ready({ when: ends })}</span> : null}
          {pc.progress.delayReason ? <span>{pc.progress.delayReason}</span> : null}
          <ProgressBar value={pc.progress.percentComplete / 100} aria-label={words.progress} />
        </>
      ) : null}
      {isUsable ? <OpenLink id={pc.id} /> : <span>{pc.status === "failed" ? words.hasFailed : words.notYet}</span>}
      <Facts
        facts={{
          [words.ends]: pc.gracePeriodEndDateTime ? moment(pc.gracePeriodEndDateTime) : null,
          [words.stopsAt]: pc.power.stopsAt ? moment(pc.power.stopsAt) : null,
          [words.keptAwake]: pc.power.keptAwakeUntil ? moment(pc.power.keptAwakeUntil) : null,
        }}
      />
      <ActionButtons actions={actionsOf(api, pc, points.data?.value ?? [])} begin={work.begin} shown={2} />
      {work.view}
    </Panel>
  );
}

/** What a status means to the person who uses the Cloud PC, where there are words for it. */
function statusWords(status: string): { readonly title?: string } {
  const title = textFor(words.statuses, status);
  return title === undefined ? {} : { title };
}

function OpenLink({ id }: { readonly id: string }): ReactElement | null {
  const details = useOne("/me/cloudPCs/{id}/signInDetails", { id }, { isFixed: true });
  if (details.data === undefined) {
    return details.isError ? <ErrorNotice error={details.error} again={() => void details.refetch()} /> : null;
  }
  return <DesktopLinks address={details.data.address} appAddress={details.data.appAddress} />;
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
      <Button
        as="a"
        href={address}
        target="_blank"
        rel="noreferrer"
        appearance="primary"
        size="large"
        icon={<Open20Regular />}
      >
        {words.openBrowser}
      </Button>
      {appAddress ? (
        <Button as="a" href={appAddress} size="large" icon={<Apps20Regular />}>
          {words.openApp}
        </Button>
      ) : null}
    </div>
  );
}

function DesktopCard({ desktop }: { readonly desktop: SpotDesktop }): ReactElement {
  const styles = useStyles();
  return (
    <Panel>
      <div className={styles.head}>
        <IconTile icon={People20Regular} />
        <div className={styles.names}>
          <Subtitle2 as="h3" className={styles.title}>
            {desktop.displayName}
          </Subtitle2>
          <Caption1 className={styles.quiet}>{desktop.description}</Caption1>
        </div>
        <StatusBadge status={desktop.status} />
      </div>
      {desktop.address && desktop.maySignIn ? (
        <DesktopLinks address={desktop.address} appAddress={desktop.appAddress} />
      ) : (
        <span>{words.waiting}</span>
      )}
    </Panel>
  );
}

function followed(id: string, operation: string): Followed {
  return { path: "/me/cloudPCs/{id}/operations/{operation}", place: { id, operation }, page: null };
}
