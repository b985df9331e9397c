import { MessageBar, MessageBarBody, MessageBarTitle, ProgressBar } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { titleOf, withoutCodes } from "../../api/errors.ts";
import { runs } from "../../api/operation.ts";
import { useOne, type Found } from "../../api/read.ts";
import { serviceNow } from "../../api/service-time.ts";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { endRange, moment } from "../../components/moments.ts";
import { Overview } from "../../components/overview.tsx";
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
          <PageHeader title={titleOf(operation.kind)} status={<StatusBadge status={operation.status} />}>
            <AsOf query={query} />
          </PageHeader>
          {runs(operation) && <ProgressBar value={operation.percentComplete / 100} aria-label={words.steps} />}
          <Failure operation={operation} />
          <Overview
            facts={{
              of: operation.resourceDisplayName,
              requestedBy: operation.requestedBy,
              requested: moment(operation.createdDateTime),
              shouldEnd: endRange(operation),
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

/** What a result names by its id: what that is, and where its page is. A version of an image has no page without its set. */
const NAMED: Readonly<Record<string, readonly [title: string, place: string | null]>> = {
  cloudPcId: ["cloudPC", "cloud-pcs"],
  connectionId: ["connection", "connections"],
  deviceImageId: ["image", "images"],
  provisioningPolicyId: ["policy", "policies"],
  policyId: ["policy", "policies"],
  spotGroupId: ["spotGroup", "spot-groups"],
  imageSetId: ["imageSet", "image-sets"],
  imageVersionId: ["version", null],
};

/** What came of it; what has a page as a link to it, and not as an id. */
function resultOf(tenant: string, { result, resourceDisplayName }: Operation): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(result ?? {}).map(([name, value]) => {
      if (name === "counts") {
        return [words.plan, planned(value as Counts)];
      }
      const [title, place] = NAMED[name] ?? [name, undefined];
      if (place === undefined || typeof value !== "string") {
        return [name, value];
      }
      const said = resourceDisplayName ?? value;
      return [
        title,
        place === null ? (
          said
        ) : (
          <Link key={name} to={`/t/${tenant}/${place}/${value}`}>
            {said}
          </Link>
        ),
      ];
    }),
  );
}

type Counts = Readonly<Record<string, number>>;

/** What a plan does with how many Cloud PCs; what it does with none is left out. */
function planned(counts: Counts): string {
  const said = Object.entries(words.planned).flatMap(([name, say]) => {
    const count = counts[name] ?? 0;
    return count === 0 ? [] : [say({ count })];
  });
  return said.length === 0 ? words.plannedNothing : said.join(", ");
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
      ? [
          {
            id: name,
            title: withoutCodes(title),
            startedAt,
            endedAt: endedAt ?? null,
            outcome: outcome ?? null,
            detail: detail ?? null,
          },
        ]
      : [],
  );
}
