import type { ReactElement } from "react";
import { Link, isRouteErrorResponse, useRouteError } from "react-router";

import { PageError } from "../components/page-error.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { words } from "../words/shell.ts";

/** An address that leads nowhere, or a page that broke. */
export function PageFailed(): ReactElement {
  const error = useRouteError();
  if (error === undefined || isRouteErrorResponse(error)) {
    return (
      <>
        <PageHeader title={words.noPage} />
        <p>{words.noPageText}</p>
        <Link to="/">{words.toStart}</Link>
      </>
    );
  }
  return <PageError error={error} again={() => location.reload()} />;
}
