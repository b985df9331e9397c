import { useCallback, useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { AsOf } from "../../components/as-of.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Loading } from "../../components/loading.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/operations.ts";
import { useOperations, type Operation } from "./api.ts";

/** Everything that took or takes a while. */
export function OperationsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const query = useOperations(tenant);
  const columns = useMemo(() => columnsOf(tenant), [tenant]);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.value) ?? [], [query.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  return (
    <>
      <PageHeader title={words.title}>{query.isSuccess && <AsOf query={query} />}</PageHeader>
      {query.isPending && <Loading />}
      {query.isError && rows.length === 0 && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {query.isSuccess && rows.length === 0 && <EmptyState title={words.none} text={words.noneText} />}
      {rows.length > 0 && (
        <DataTable label={words.title} rows={rows} columns={columns} idOf={(row) => row.id} onEnd={more} />
      )}
    </>
  );
}

function columnsOf(tenant: string): Column<Operation>[] {
  return [
    {
      id: "kind",
      title: words.columns.kind,
      cell: (row) => <Link to={`/t/${tenant}/operations/${row.id}`}>{titleOf(row.kind)}</Link>,
    },
    { id: "status", title: words.columns.status, cell: (row) => <StatusBadge status={row.status} /> },
    { id: "percent", title: words.columns.percent, cell: (row) => `${row.percentComplete} %` },
    { id: "by", title: words.columns.by, cell: (row) => row.requestedBy },
    { id: "created", title: words.columns.created, cell: (row) => moment(row.createdDateTime) },
  ];
}
