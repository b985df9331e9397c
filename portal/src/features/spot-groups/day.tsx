import { CalendarClock20Regular } from "@fluentui/react-icons/svg/calendar-clock";
import type { ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import { useOne, type Found } from "../../api/read.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { filled } from "../../components/chart-geometry.ts";
import { DetailView } from "../../components/detail-view.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/charts.ts";

type Usage = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/spotGroups/{id}/usage">["value"];
type Interval = Usage[number];

/** The engine looks at a group every five minutes. */
const NAME = "PT5M";
/** In milliseconds. */
const STEP = 300_000;

/** The last day of a group: seats, sessions and hosts online, with the decisions of the engine as marks. */
export function Day({ tenant, group }: { readonly tenant: string; readonly group: string }): ReactElement {
  const query = useOne(`${ROOT}/spotGroups/{id}/usage`, { tenant, id: group }, { query: { interval: NAME } });
  return (
    <Section title={words.day} icon={CalendarClock20Regular}>
      <DetailView query={query} isPart>
        {({ value }) => <DayChart usage={value} />}
      </DetailView>
    </Section>
  );
}

function DayChart({ usage }: { readonly usage: Usage }): ReactElement {
  const intervals = filled(usage, beginsAt, STEP);
  const values = (of: (interval: Interval) => number | null | undefined): (number | null)[] =>
    intervals.map((interval) => (interval === null ? null : (of(interval) ?? null)));
  const series: Series[] = [
    { id: "sessions", title: words.sessions, look: "area", values: values(sessionsOf) },
    { id: "seats", title: words.seats, look: "dashed", values: values(({ seats }) => seats) },
    { id: "hosts", title: words.hostsOnline, look: "second", values: values(({ onlineHosts }) => onlineHosts) },
  ];
  const [first] = usage;
  return (
    <Chart
      label={words.day}
      from={first === undefined ? 0 : beginsAt(first)}
      step={STEP}
      series={series}
      marks={intervals.map((interval) =>
        (interval?.marks ?? [])
          .map((mark) => words.mark({ action: titleOf(mark.action), count: mark.count, text: mark.text }))
          .join(" "),
      )}
    />
  );
}

function beginsAt({ intervalStartDateTime }: Interval): number {
  return Date.parse(intervalStartDateTime);
}

function sessionsOf({ activeSessions, disconnectedSessions }: Interval): number | null {
  return activeSessions === null || activeSessions === undefined ? null : activeSessions + (disconnectedSessions ?? 0);
}
