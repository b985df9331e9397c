import type { ReactElement } from "react";

import { words } from "../words/shell.ts";
import { Loading } from "./loading.tsx";
import { PageHeader } from "./page-header.tsx";

/** A page that is being read: it has its place and a title already, and the tab has not that of the page before. */
export function PageLoading({ why = null }: { readonly why?: Error | null }): ReactElement {
  return (
    <>
      <PageHeader title={words.loading} />
      <Loading why={why} />
    </>
  );
}
