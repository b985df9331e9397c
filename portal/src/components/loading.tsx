import { Spinner } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { ApiError } from "../api/errors.ts";
import { words } from "../words/shell.ts";

interface Given {
  /** Why it was not read so far, where it is asked for again. */
  readonly why?: Error | null;
}

/** The place of something that comes in a moment; when it does not, what is waited for. */
export function Loading({ why = null }: Given): ReactElement {
  return <Spinner label={why === null ? words.loading : waitingFor(why)} />;
}

function waitingFor(why: Error): string {
  if (!(why instanceof ApiError)) {
    return words.waiting(why.message);
  }
  return why.retryAfter === null ? words.waiting(`${why.title}.`) : words.waitingFor(`${why.title}.`, why.retryAfter);
}
