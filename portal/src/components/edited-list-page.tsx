import { useMemo, type ReactElement } from "react";
import { useParams } from "react-router";

import type { Api } from "../api/client.ts";
import { useApi } from "../api/context.tsx";
import type { ListPath, RowOf } from "../api/read.ts";
import type { Action } from "./action.ts";
import { ActionButtons } from "./action-buttons.tsx";
import { ListPage, type Listed } from "./list-page.tsx";
import { inTenant } from "./operation-progress.tsx";
import { rowActions } from "./row-actions.tsx";
import { useActions } from "./use-actions.tsx";

/** What a page declares whose rows are made, edited and deleted in a form, without a page of their own. */
export interface EditedList<P extends ListPath> {
  readonly listed: Listed<P>;
  readonly nameOf: (row: RowOf<P>) => string;
  /** Make a row; left out where the service alone does. */
  readonly create?: (api: Api, tenant: string) => Action;
  /** What can be done with a row. */
  readonly actionsOf: (api: Api, tenant: string, row: RowOf<P>) => readonly Action[];
}

/** A list with a form: of a new row above it, of each row in the menu of the row. */
export function EditedListPage<P extends ListPath>({ of }: { readonly of: EditedList<P> }): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const { begin } = work;
  const columns = useMemo(
    () => [
      ...of.listed.columns(tenant),
      rowActions<RowOf<P>>(begin, of.nameOf, (row) => of.actionsOf(api, tenant, row)),
    ],
    [api, begin, of, tenant],
  );
  return (
    <ListPage
      listed={of.listed}
      columns={columns}
      above={() => (
        <>
          {of.create === undefined ? null : <ActionButtons actions={[of.create(api, tenant)]} begin={begin} />}
          {work.view}
        </>
      )}
    />
  );
}
