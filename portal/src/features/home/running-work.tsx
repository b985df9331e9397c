import { makeStyles, ProgressBar, tokens } from "@fluentui/react-components";
import { Pulse20Regular } from "@fluentui/react-icons/svg/pulse";
import type { ReactElement } from "react";
import { Link } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { runs } from "../../api/operation.ts";
import { useOne } from "../../api/read.ts";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Loading } from "../../components/loading.tsx";
import { endRange } from "../../components/moments.ts";
import { Section } from "../../components/section.tsx";
import { words as asking } from "../../words/actions.ts";
import { words } from "../../words/home.ts";

const MOST = "5";
const useStyles = makeStyles({
  list: {
    listStyleType: "none",
    padding: 0,
    margin: 0,
    display: "grid",
    rowGap: tokens.spacingVerticalS,
    maxWidth: "640px",
  },
});

/** The newest operations that are not over. */
export function RunningWork({ tenant }: { readonly tenant: string }): ReactElement {
  const styles = useStyles();
  const query = useOne(
    "/tenants/{tenant}/operations",
    { tenant },
    { query: { $top: MOST, status: "running" }, runs: ({ value }) => value.some(runs) },
  );
  const operations = query.data?.value ?? [];
  return (
    <Section title={words.running} icon={Pulse20Regular} isInGrid>
      {query.isError && query.data === undefined && (
        <ErrorNotice error={query.error} again={() => void query.refetch()} />
      )}
      {query.isPending && <Loading why={query.failureReason} />}
      {query.isSuccess && operations.length === 0 && <p>{words.noRunning}</p>}
      <ul className={styles.list}>
        {operations.map(({ id, kind, percentComplete, resourceDisplayName, ...estimate }) => (
          <li key={id}>
            <Link to={`/t/${tenant}/operations/${id}`}>
              {[titleOf(kind), resourceDisplayName].filter(Boolean).join(": ")}
            </Link>
            {endRange(estimate) ? ` ${asking.remaining({ when: endRange(estimate) ?? "" })}` : null}
            <ProgressBar value={(percentComplete ?? 0) / 100} aria-label={titleOf(kind)} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
