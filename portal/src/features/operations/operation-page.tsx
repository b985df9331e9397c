import { MessageBar, MessageBarBody, MessageBarTitle, ProgressBar, Subtitle1 } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { AsOf } from "../../components/as-of.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loading } from "../../components/loading.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { TimelineView } from "../../components/timeline-view.tsx";
import { words } from "../../words/operations.ts";
import { runs, useOperation, type Operation } from "./api.ts";

/** One operation: how far it is, its steps, what came of it. */
export function OperationPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useOperation(tenant, id);
  if (query.isPending) {
    return <Loading />;
  }
  if (query.data === undefined) {
    return <ErrorNotice error={query.error} again={() => void query.refetch()} />;
  }
  const operation = query.data;
  return (
    <>
      <PageHeader title={titleOf(operation.kind)}>
        <StatusBadge status={operation.status} />
        <AsOf query={query} />
      </PageHeader>
      {runs(operation) && <ProgressBar value={operation.percentComplete / 100} aria-label={words.steps} />}
      <Failure operation={operation} />
      <Subtitle1 as="h2">{words.steps}</Subtitle1>
      <TimelineView steps={stepsOf(operation)} now={query.dataUpdatedAt} />
      {operation.result ? (
        <section aria-label={words.result}>
          <Subtitle1 as="h2">{words.result}</Subtitle1>
          <Facts facts={operation.result} />
        </section>
      ) : null}
    </>
  );
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

function stepsOf(operation: Operation) {
  return operation.steps.flatMap((step) =>
    step.startedAt
      ? [
          {
            id: step.name,
            title: step.title,
            startedAt: step.startedAt,
            endedAt: step.endedAt ?? null,
            outcome: step.outcome ?? null,
            detail: step.detail ?? null,
          },
        ]
      : [],
  );
}
