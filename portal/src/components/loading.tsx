import { Skeleton, SkeletonItem, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { ApiError } from "../api/errors.ts";
import { words } from "../words/shell.ts";

const LINES = ["40%", "92%", "84%", "88%"];

const useStyles = makeStyles({
  lines: { display: "grid", rowGap: tokens.spacingVerticalM, padding: `${tokens.spacingVerticalM} 0` },
});

interface Given {
  /** Why it was not read so far, where it is asked for again. */
  readonly why?: Error | null;
}

/** The place of something that comes in a moment; when it does not, what is waited for. */
export function Loading({ why = null }: Given): ReactElement {
  const styles = useStyles();
  return (
    <>
      {why !== null && <output>{waitingFor(why)}</output>}
      <Skeleton className={styles.lines} aria-label={words.loading}>
        {LINES.map((width) => (
          <SkeletonItem key={width} style={{ width }} />
        ))}
      </Skeleton>
    </>
  );
}

function waitingFor(why: Error): string {
  if (!(why instanceof ApiError)) {
    return words.waiting({ why: why.message });
  }
  return why.retryAfter === null
    ? words.waiting({ why: `${why.title}.` })
    : words.waitingFor({ why: `${why.title}.`, seconds: why.retryAfter });
}
