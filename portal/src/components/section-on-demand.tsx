import { Button } from "@fluentui/react-components";
import { useState, type ReactElement, type ReactNode } from "react";

import { useOne, type Found, type Place, type Query, type ReadPath } from "../api/read.ts";
import { ErrorNotice } from "./error-notice.tsx";
import { Loading } from "./loading.tsx";
import { Section } from "./section.tsx";

interface SectionOnDemandProps<P extends ReadPath> {
  readonly title: string;
  /** The words of the button. */
  readonly show: string;
  readonly path: P;
  readonly place: Place;
  readonly query?: Query;
  readonly children: (found: Found<P>) => ReactNode;
}

/** A section whose content is read from the API only when somebody wants to see it. */
export function SectionOnDemand<P extends ReadPath>({
  title,
  show,
  path,
  place,
  query: options,
  children,
}: SectionOnDemandProps<P>): ReactElement {
  const [isWanted, want] = useState(false);
  const query = useOne(path, place, {
    enabled: isWanted,
    isSlow: true,
    ...(options === undefined ? {} : { query: options }),
  });
  return (
    <Section title={title}>
      {!isWanted && <Button onClick={() => want(true)}>{show}</Button>}
      {query.isLoading && <Loading why={query.failureReason} />}
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {query.data !== undefined && children(query.data)}
    </Section>
  );
}
