import type { ReactElement } from "react";

import { titleOf } from "../api/errors.ts";
import { useNews } from "./news.tsx";
import { StatusBadge } from "./status-badge.tsx";
import type { Color } from "./status-color.ts";

interface Given {
  /** Of what it is the status. */
  readonly of: string;
  readonly status: string;
  readonly title?: string;
  readonly color?: Color;
}

/** The status of what a page shows: a screen reader says it when it changes. */
export function PageStatus({ of, status, title = titleOf(status), ...more }: Given): ReactElement {
  useNews(`${of}: ${title}`);
  return <StatusBadge status={status} title={title} {...more} />;
}
