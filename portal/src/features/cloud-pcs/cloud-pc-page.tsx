import {
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  ProgressBar,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { Camera20Regular } from "@fluentui/react-icons/svg/camera";
import { Timeline20Regular } from "@fluentui/react-icons/svg/timeline";
import { Suspense, lazy, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOne } from "../../api/read.ts";
import { serviceNow } from "../../api/service-time.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { HeldBackNotice } from "../../components/held-back.tsx";
import { Facts } from "../../components/facts.tsx";
import { labelOf } from "../../components/field-facts.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { Loading } from "../../components/loading.tsx";
import { PageLoading } from "../../components/page-loading.tsx";
import { distance, endRange, moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageError } from "../../components/page-error.tsx";
import { regionName } from "../../components/region-names.ts";
import { sentence } from "../../words/sentence.ts";
import { PageStatus } from "../../components/page-status.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { TimelineView, type Step } from "../../components/timeline-view.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/cloud-pcs.ts";
import { actionsOf, sendAction, type ActionName } from "./actions.ts";
import { isRunning, type CloudPc, type RestorePoint, type Timeline } from "./api.ts";
import { SignIn } from "./sign-in.tsx";
import { SizeAdvice } from "./size-advice.tsx";

/** The parts with charts and tables come after what the Cloud PC is. */
const PowerOfCloudPc = lazy(async () => ({ default: (await import("./power.tsx")).PowerOfCloudPc }));
const RestorePoints = lazy(async () => ({ default: (await import("./restore-points.tsx")).RestorePoints }));

const NO_POINTS: readonly RestorePoint[] = [];
const useStyles = makeStyles({
  progress: { marginBottom: tokens.spacingVerticalM },
  notices: { display: "grid", rowGap: tokens.spacingVerticalS, marginBottom: tokens.spacingVerticalM },
});

/** One Cloud PC: what it is, how far it is, what happened to it, and what can be done. */
export function CloudPcPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useOne(`${ROOT}/cloudPCs/{id}`, { tenant, id }, { runs: isRunning });
  const points = useOne(`${ROOT}/cloudPCs/{id}/retrieveSnapshots()`, { tenant, id });
  if (query.isPending) {
    return <PageLoading why={query.failureReason} />;
  }
  if (query.data === undefined) {
    return <PageError error={query.error} again={() => void query.refetch()} />;
  }
  const pc = query.data;
  const restorePoints = points.data?.value ?? NO_POINTS;
  return (
    <>
      <PageHeader
        title={pc.displayName}
        about={[pc.userPrincipalName, pc.managedDeviceName].filter(Boolean).join(" · ")}
        status={<PageStatus of={pc.displayName} status={pc.status} />}
      >
        <AsOf query={query} />
      </PageHeader>
      <Actions tenant={tenant} pc={pc} restorePoints={restorePoints} />
      <Notices pc={pc} />
      <Details tenant={tenant} pc={pc} />
      <Suspense fallback={<Loading />}>
        <PowerOfCloudPc tenant={tenant} pc={pc} />
      </Suspense>
      <History tenant={tenant} pc={pc} />
      <Section title={words.restorePoints} icon={Camera20Regular}>
        <Suspense fallback={<Loading />}>
          <RestorePoints points={restorePoints} />
        </Suspense>
      </Section>
      <SizeAdvice tenant={tenant} id={pc.id} />
      <SignIn tenant={tenant} id={pc.id} />
    </>
  );
}

interface ActionsGiven {
  readonly tenant: string;
  readonly pc: CloudPc;
  readonly restorePoints: readonly RestorePoint[];
}

function Actions({ tenant, pc, restorePoints }: ActionsGiven): ReactElement {
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const asked = useOne(
    "/tenants/{tenant}/cloudPCs/{id}/supportedActions",
    { tenant, id: pc.id },
    { runs: () => isRunning(pc) },
  );
  const plans = useOne(`${ROOT}/servicePlans`, { tenant });
  const targets = useOne(`${ROOT}/provisioningPolicies`, { tenant });
  const send = (name: ActionName, values: Values) => sendAction(api, tenant, pc.id, name, values);
  const supported = asked.data?.value ?? [];
  const servicePlans = plans.data?.value ?? [];
  const policies = targets.data?.value ?? [];
  const isFromDisk = supported.some(
    ({ action, possible }) => possible && (action === "undelete" || action === "handOver"),
  );
  const kept = useOne("/tenants/{tenant}/deletedCloudPCs", { tenant }, { enabled: isFromDisk });
  const deleted = kept.data?.value ?? [];
  return (
    <>
      {asked.isError && <ErrorNotice error={asked.error} again={() => void asked.refetch()} />}
      <ActionButtons
        actions={actionsOf({ pc, supported, restorePoints, servicePlans, policies, deleted }, send)}
        begin={work.begin}
      />
      {work.view}
    </>
  );
}

function listed(properties: readonly string[]): string {
  return properties.map((each) => labelOf(each)).join(", ");
}

/** What somebody should know about it: its problem, its warnings, what waits, its grace period, its drift. */
function Notices({ pc }: { readonly pc: CloudPc }): ReactElement {
  const styles = useStyles();
  const [detail, grace, drift] = [pc.statusDetail, pc["@deskwright.grace"], pc["@deskwright.drift"]];
  const [replacement, larger] = [pc["@deskwright.replacement"], pc["@deskwright.temporarySize"]];
  return (
    <div className={styles.notices}>
      {detail?.message ? (
        <MessageBar intent={pc.status === "failed" ? "error" : "warning"} layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{titleOf(detail.code)}</MessageBarTitle>
            {detail.message}
            <Facts
              facts={Object.fromEntries(
                detail.additionalInformation.map(({ name, value }) => [name, evidenceOf(name, value)]),
              )}
            />
          </MessageBarBody>
        </MessageBar>
      ) : null}
      <HeldBackNotice held={pc["@deskwright.heldBack"]} />
      {larger ? (
        <MessageBar layout="multiline">
          <MessageBarBody>
            {words.larger({
              size: larger.servicePlanName,
              until: moment(larger.untilDateTime),
              own: larger.returnsToServicePlanName,
            })}
            {larger.waitsFor ? ` ${words.largerWaits({ why: larger.waitsFor })}` : null}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {grace ? (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{titleOf(grace.cause)}</MessageBarTitle>
            {grace.held
              ? words.graceHeld
              : `${moment(grace.endDateTime)} (${distance(grace.endDateTime, serviceNow())})`}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {drift?.drifted ? (
        <MessageBar layout="multiline">
          <MessageBarBody>
            {words.drift} {listed(drift.differs)}. {words.driftAdvice}
            {drift.inPlace.length > 0 ? ` ${words.inPlace} ${listed(drift.inPlace)}.` : ""}
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {replacement ? (
        <MessageBar layout="multiline">
          <MessageBarBody>
            {words.replacement} {replacement.title} - {replacement.percentComplete} %
          </MessageBarBody>
        </MessageBar>
      ) : null}
    </div>
  );
}

/** Write what is only a code in words. */
function evidenceOf(name: string | null, value: string | null): string | boolean | null {
  if (value === "true" || value === "false") {
    return value === "true";
  }
  return name === "step" && value !== null ? titleOf(value) : value;
}

function Details({ tenant, pc }: { readonly tenant: string; readonly pc: CloudPc }): ReactElement {
  const styles = useStyles();
  const progress = pc["@deskwright.progress"];
  return (
    <>
      {progress && isRunning(pc) ? (
        <ProgressBar className={styles.progress} value={progress.percentComplete / 100} aria-label={words.progress} />
      ) : null}
      <Overview
        facts={{
          user: (
            <Link to={`/t/${tenant}/users?user=${encodeURIComponent(pc.userPrincipalName)}`}>
              {pc.userPrincipalName}
            </Link>
          ),
          policy: pc.provisioningPolicyId ? (
            <Link to={`/t/${tenant}/policies/${pc.provisioningPolicyId}`}>{pc.provisioningPolicyName}</Link>
          ) : null,
          servicePlan: pc.servicePlanName,
          image: pc.imageDisplayName,
          connection: pc.onPremisesConnectionName,
          region: pc.deviceRegionName ? regionName(pc.deviceRegionName) : null,
          computerName: pc.managedDeviceName,
          accountType: words.accountTypes[pc.userAccountType],
          step: progress?.title,
          because: isRunning(pc) ? progress?.reason : null,
          delayed: isRunning(pc) ? progress?.delayReason : null,
          queuePosition: progress?.queuePosition,
          ready: endRange(progress),
          created: moment(pc.createdDateTime),
          provisioned: pc.provisionedDateTime ? moment(pc.provisionedDateTime) : null,
        }}
      />
    </>
  );
}

function History({ tenant, pc }: { readonly tenant: string; readonly pc: CloudPc }): ReactElement {
  const query = useOne(
    "/tenants/{tenant}/cloudPCs/{id}/timeline",
    { tenant, id: pc.id },
    { runs: () => isRunning(pc) },
  );
  return (
    <Section title={words.timeline} icon={Timeline20Regular}>
      {query.isPending && <Loading why={query.failureReason} />}
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {query.data !== undefined && <TimelineView steps={stepsOf(query.data)} now={serviceNow()} />}
    </Section>
  );
}

function stepsOf(timeline: Timeline): Step[] {
  const builds = [...new Set(timeline.entries.map(({ generation }) => generation))];
  return timeline.entries.map((entry) => ({
    id: `${entry.generation}/${entry.attempt}/${entry.step}/${entry.startedAt}`,
    title: entry.title,
    group:
      builds.length > 1
        ? words.attemptOf({ build: builds.indexOf(entry.generation) + 1, attempt: entry.attempt })
        : words.attempt({ attempt: entry.attempt }),
    startedAt: entry.startedAt,
    endedAt: entry.endedAt ?? null,
    outcome: entry.outcome ?? null,
    detail: [entry.error?.message, entry.error?.advice, entry.note]
      .map((each) => sentence(each))
      .filter(Boolean)
      .join(" "),
  }));
}
