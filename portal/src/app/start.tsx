import type { ReactElement } from "react";
import { Navigate } from "react-router";

import { useMe } from "../api/context.tsx";
import { PageLoading } from "../components/page-loading.tsx";
import { PageError } from "../components/page-error.tsx";

/** The address without a tenant: go to the first of those in which the caller has a role, else to their own things. */
export function Start(): ReactElement {
  const me = useMe();
  if (me.isPending) {
    return <PageLoading why={me.failureReason} />;
  }
  if (me.isError) {
    return <PageError error={me.error} again={() => void me.refetch()} />;
  }
  const [first] = me.data.tenants;
  return <Navigate to={first === undefined ? "/my" : `/t/${first.id}`} replace />;
}
