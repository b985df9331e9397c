import type { ReactElement } from "react";

import { ApiError } from "../api/errors.ts";
import { words } from "../words/shell.ts";
import { textFor } from "../words/texts.ts";
import { ErrorNotice } from "./error-notice.tsx";
import { PageHeader } from "./page-header.tsx";

/** A page whose one thing cannot be shown: a title, as every page has one, and why. */
export function PageError({ error, again }: { readonly error: unknown; readonly again: () => void }): ReactElement {
  return (
    <>
      <PageHeader
        title={(error instanceof ApiError ? textFor(words.failedPages, error.status) : undefined) ?? words.failedPage}
      />
      <ErrorNotice error={error} again={again} />
    </>
  );
}
