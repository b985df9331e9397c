import type { ReactElement } from "react";
import { Link, isRouteErrorResponse, useRouteError } from "react-router";

import { EmptyState } from "../components/empty-state.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { words } from "../words/shell.ts";

/** An address that leads nowhere, or a page that broke. */
export function PageFailed(): ReactElement {
  const error = useRouteError();
  if (error === undefined || isRouteErrorResponse(error)) {
    return <EmptyState title={words.noPage} text={words.noPageText} action={<Link to="/">{words.toStart}</Link>} />;
  }
  return <ErrorNotice error={error} again={() => location.reload()} />;
}
