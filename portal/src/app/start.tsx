import type { ReactElement } from "react";
import { Navigate } from "react-router";

import { useMe } from "../api/context.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Loading } from "../components/loading.tsx";
import { words } from "../words/shell.ts";

/** The address without a tenant: go to the only one, or the first of several. */
export function Start(): ReactElement {
  const me = useMe();
  if (me.isPending) {
    return <Loading />;
  }
  if (me.isError) {
    return <ErrorNotice error={me.error} again={() => void me.refetch()} />;
  }
  const [first] = me.data.tenants;
  if (first === undefined) {
    return <EmptyState title={words.noTenant} text={words.noTenantText} />;
  }
  return <Navigate to={`/t/${first.id}`} replace />;
}
