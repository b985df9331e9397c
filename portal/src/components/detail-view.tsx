import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";

import { ErrorNotice } from "./error-notice.tsx";
import { Loading } from "./loading.tsx";
import { PageLoading } from "./page-loading.tsx";
import { PageError } from "./page-error.tsx";

interface Given<Found> {
  readonly query: UseQueryResult<Found>;
  /** Whether it is a part of a page that has its title already. */
  readonly isPart?: boolean;
  readonly children: (found: Found) => ReactNode;
}

/** One thing in each of its states: being read, not readable, there. */
export function DetailView<Found>({ query, isPart = false, children }: Given<Found>): ReactElement {
  if (query.data !== undefined) {
    return <>{children(query.data)}</>;
  }
  if (query.isError) {
    const again = (): void => void query.refetch();
    return isPart ? <ErrorNotice error={query.error} again={again} /> : <PageError error={query.error} again={again} />;
  }
  return isPart ? <Loading why={query.failureReason} /> : <PageLoading why={query.failureReason} />;
}
