import { MessageBar, MessageBarBody, MessageBarTitle, ProgressBar } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { runs } from "../../api/operation.ts";
import { useOne, type Found } from "../../api/read.ts";
import { serviceNow } from "../../api/service-time.ts";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { TimelineView, type Step } from "../../components/timeline-view.tsx";
import { words } from "../../words/operations.ts";

type Operation = Found<"/tenants/{tenant}/operations/{id}">;

/** One operation: how far it is, its steps, what came of it. */
export function OperationPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useOne("/tenants/{tenant}/operations/{id}", { tenant, id }, { runs });
  return (
    <DetailView query={query}>
      {(operation) => (
        <>
          <PageHeader title={titleOf(operation.kind)}>
            <StatusBadge status={operation.status} />
            <AsOf query={query} />
          </PageHeader>
          {runs(operation) && <ProgressBar value={operation.percentComplete / 100} aria-label={words.steps} />}
          <Failure operation={operation} />
          <Facts
            facts={{
              of: operation.resourceDisplayName,
              requestedBy: operation.requestedBy,
              requested: moment(operation.createdDateTime),
              shouldEnd: operation.estimatedEndDateTime ? moment(operation.estimatedEndDateTime) : null,
            }}
          />
          <Section title={words.steps}>
            {operation.steps.some(({ startedAt }) => startedAt) ? (
              <TimelineView steps={stepsOf(operation)} now={serviceNow()} />
            ) : (
              <p>{words.noSteps}</p>
            )}
          </Section>
          {operation.result ? (
            <Section title={words.result}>
              <Facts facts={resultOf(tenant, operation)} />
            </Section>
          ) : null}
        </>
      )}
    </DetailView>
  );
}

/** What came of it; a Cloud PC as a link to its page, and not as an id. */
function resultOf(tenant: string, { result, resourceDisplayName }: Operation): Readonly<Record<string, unknown>> {
  const { cloudPcId, ...others } = result ?? {};
  if (typeof cloudPcId !== "string") {
    return others;
  }
  return { cloudPC: <Link to={`/t/${tenant}/cloud-pcs/${cloudPcId}`}>{resourceDisplayName ?? cloudPcId}</Link>, ...others };
}

function Failure({ operation }: { readonly operation: Operation }): ReactElement | null {
  const { error } = operation;
  if (!error) {
    return null;
  }
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{words.error}</MessageBarTitle>
        <p>{error.message}</p>
        <Facts facts={{ code: error.code, evidence: error.evidence, advice: error.advice }} />
      </MessageBarBody>
    </MessageBar>
  );
}

function stepsOf(operation: Operation): Step[] {
  return operation.steps.flatMap(({ name, title, startedAt, endedAt, outcome, detail }) =>
    startedAt
      ? [{ id: name, title, startedAt, endedAt: endedAt ?? null, outcome: outcome ?? null, detail: detail ?? null }]
      : [],
  );
}
