import type { ReactElement } from "react";
import { Link } from "react-router";

import { useOne, type RowOf } from "../../api/read.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { duration } from "../../components/moments.ts";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/policies.ts";

const PATH = "/tenants/{tenant}/poolTimes" as const;
const SECOND = 1_000;
type Times = RowOf<typeof PATH>;

interface Row {
  readonly id: string;
  readonly title: string;
  readonly times: NonNullable<Times["toUsable"]>;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: "until", width: "40%", title: words.poolColumns.until, cell: ({ title }) => title },
  { id: "median", title: words.poolColumns.median, cell: ({ times }) => duration(times.medianInSeconds * SECOND) },
  { id: "p95", title: words.poolColumns.p95, cell: ({ times }) => duration(times.p95InSeconds * SECOND) },
  { id: "count", title: words.poolColumns.count, cell: ({ times }) => String(times.count) },
];

/** How long it took from the licence to the use of a Cloud PC, for a policy with a warm pool. */
export function PoolTimes({ tenant, id }: { readonly tenant: string; readonly id: string }): ReactElement | null {
  const found = useOne(PATH, { tenant }, { query: { $filter: `policyId eq '${id}'` }, isSlow: true });
  const [times] = found.data?.value ?? [];
  if (times === undefined) {
    return null;
  }
  const rows = rowsOf(times);
  return (
    <Section title={words.poolTimes({ days: times.windowInDays })}>
      <p>
        <Link to={`/t/${tenant}/warm-pools`}>{words.poolHits({ claimed: times.claimed, missed: times.missed })}</Link>
      </p>
      {rows.length > 0 && (
        <DataTable
          label={words.poolTimes({ days: times.windowInDays })}
          rows={rows}
          columns={COLUMNS}
          idOf={({ id: name }) => name}
        />
      )}
    </Section>
  );
}

function rowsOf({ toClaimed, toAssigned, toUsable, builtToUsable }: Times): Row[] {
  return Object.entries({ toClaimed, toAssigned, toUsable, builtToUsable }).flatMap(([id, times]) =>
    times ? [{ id, title: words.poolSteps[id as keyof typeof words.poolSteps], times }] : [],
  );
}
