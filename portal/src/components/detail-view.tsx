import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";

import { ErrorNotice } from "./error-notice.tsx";
import { Loading } from "./loading.tsx";

interface Given<Found> {
  readonly query: UseQueryResult<Found>;
  readonly children: (found: Found) => ReactNode;
}

/** One thing in each of its states: being read, not readable, there. */
export function DetailView<Found>({ query, children }: Given<Found>): ReactElement {
  if (query.data !== undefined) {
    return <>{children(query.data)}</>;
  }
  if (query.isError) {
    return <ErrorNotice error={query.error} again={() => void query.refetch()} />;
  }
  return <Loading />;
}
