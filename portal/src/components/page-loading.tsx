import { useEffect, type ReactElement } from "react";

import { words } from "../words/shell.ts";
import { Loading } from "./loading.tsx";

/** A page that is being read: the tab has not the title of the page before any more. */
export function PageLoading({ why = null }: { readonly why?: Error | null }): ReactElement {
  useEffect(() => {
    document.title = `${words.loading} - ${words.product}`;
  }, []);
  return <Loading why={why} />;
}
