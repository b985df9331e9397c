import {
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  ProgressBar,
} from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactElement } from "react";
import { Link } from "react-router";

import { runs, type Operation } from "../api/operation.ts";
import { useOne, type Place } from "../api/read.ts";
import { words } from "../words/actions.ts";
import { Facts } from "./facts.tsx";
import { endRange } from "./moments.ts";

type OperationPath = "/tenants/{tenant}/operations/{id}" | "/me/cloudPCs/{id}/operations/{operation}";

/** Where an operation is read, and the page that shows it; null where there is none. */
export interface Followed {
  readonly path: OperationPath;
  readonly place: Place;
  readonly page: string | null;
}

/** Return where the operations of a tenant are. */
export function inTenant(tenant: string): (operation: string) => Followed {
  return (id) => ({
    path: "/tenants/{tenant}/operations/{id}",
    place: { tenant, id },
    page: `/t/${tenant}/operations/${id}`,
  });
}

/** How far an operation is, in one line, until it has ended; then what came of it. */
export function OperationProgress(given: { readonly title: string; readonly followed: Followed }): ReactElement {
  const { title, followed } = given;
  const queries = useQueryClient();
  const query = useOne(followed.path, followed.place, { runs });
  const operation: Operation | undefined = query.data;
  const isOver = operation !== undefined && !runs(operation);
  useEffect(() => {
    if (isOver) {
      void queries.invalidateQueries();
    }
  }, [isOver, queries]);
  const failure = operation?.error ?? null;
  return (
    <MessageBar intent={intentOf(operation)} layout="multiline" aria-live="polite">
      <MessageBarBody>
        <MessageBarTitle>{sayingOf(title, operation)}</MessageBarTitle>
        {query.isError && <p>{words.lost}</p>}
        {operation !== undefined && !isOver ? <span>{stepOf(operation)}</span> : null}
        {failure !== null && (
          <>
            <p>{failure.message}</p>
            <Facts facts={{ evidence: failure.evidence, advice: failure.advice }} />
          </>
        )}
        {operation !== undefined && !isOver && (
          <ProgressBar value={(operation.percentComplete ?? 0) / 100} aria-label={words.running({ title })} />
        )}
      </MessageBarBody>
      {followed.page !== null && (
        <MessageBarActions>
          <Link to={followed.page}>{words.details}</Link>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}

function intentOf(operation: Operation | undefined): "info" | "error" | "success" | "warning" {
  if (operation === undefined || runs(operation)) {
    return "info";
  }
  if (operation.status === "succeeded") {
    return "success";
  }
  return operation.status === "failed" ? "error" : "warning";
}

function sayingOf(title: string, operation: Operation | undefined): string {
  if (operation === undefined) {
    return words.requested({ title });
  }
  if (runs(operation)) {
    return words.running({ title });
  }
  return operation.status === "succeeded" ? words.done({ title }) : words.failed({ title });
}

function stepOf(operation: Operation): string {
  const { steps = [], percentComplete = 0 } = operation;
  const ends = endRange(operation);
  const current = steps.find(({ startedAt, endedAt }) => startedAt && !endedAt);
  const done = current === undefined ? `${percentComplete} %` : `${current.title} - ${percentComplete} %`;
  return ends ? `${done}. ${words.remaining({ when: ends })}` : done;
}
