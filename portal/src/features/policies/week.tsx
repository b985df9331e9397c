import { DataUsage20Regular } from "@fluentui/react-icons/svg/data-usage";
import type { ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { useOne, type RowOf } from "../../api/read.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { filled } from "../../components/chart-geometry.ts";
import { DAY } from "../../components/chart-words.ts";
import { DetailView } from "../../components/detail-view.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/policies.ts";

const PATH = `${ROOT}/reports/policyUse` as const;
type Use = RowOf<typeof PATH>;

const MINUTES_OF_AN_HOUR = 60;

/** A policy's last seven days: the hours in which its Cloud PCs were on, in use, or could have been off. */
export function Week({ tenant, policy }: { readonly tenant: string; readonly policy: string }): ReactElement {
  const query = useOne(PATH, { tenant }, { query: { $filter: `provisioningPolicyId eq '${policy}'` } });
  return (
    <Section title={words.week} icon={DataUsage20Regular}>
      <DetailView query={query} isPart>
        {({ value }) => <WeekChart use={value} />}
      </DetailView>
    </Section>
  );
}

function WeekChart({ use }: { readonly use: readonly Use[] }): ReactElement {
  const days = filled(use, beginsAt, DAY);
  const hours = (of: (day: Use) => number): (number | null)[] =>
    days.map((day) => (day === null ? null : of(day) / MINUTES_OF_AN_HOUR));
  const series: Series[] = [
    { id: "on", title: words.hoursOn, look: "area", values: hours(({ minutesOn }) => minutesOn) },
    { id: "used", title: words.hoursUsed, look: "second", values: hours(({ minutesActive }) => minutesActive) },
    {
      id: "idle",
      title: words.hoursIdle,
      look: "dashed",
      values: hours(({ minutesCouldBeOff }) => minutesCouldBeOff),
    },
  ];
  const [first] = use;
  return <Chart label={words.week} from={first === undefined ? 0 : beginsAt(first)} step={DAY} series={series} />;
}

function beginsAt({ intervalStartDateTime }: Use): number {
  return Date.parse(intervalStartDateTime);
}
