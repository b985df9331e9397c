import { CalendarClock20Regular } from "@fluentui/react-icons/svg/calendar-clock";
import type { ReactElement } from "react";

import type { Found } from "../../api/read.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { filled } from "../../components/chart-geometry.ts";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/home.ts";

type Hours = Found<"/tenants/{tenant}/summary">["today"];
type Hour = Hours[number];

/** In milliseconds. */
const HOUR = 3_600_000;

/** The day in two charts, by the hours that are over: the desktops that are shared, and the Cloud PCs. */
export function Today({ today }: { readonly today: Hours }): ReactElement {
  const hours = filled(today, beginsAt, HOUR);
  const [first] = today;
  const from = first === undefined ? 0 : beginsAt(first);
  const values = (of: (hour: Hour) => number | null | undefined): (number | null)[] =>
    hours.map((hour) => (hour === null ? null : (of(hour) ?? null)));
  const spot: Series[] = [
    { id: "sessions", title: words.sessions, look: "area", values: values(({ spotSessions }) => spotSessions) },
    { id: "seats", title: words.seats, look: "dashed", values: values(({ spotSeats }) => spotSeats) },
    { id: "hosts", title: words.hostsOnline, look: "second", values: values(({ spotOnlineHosts }) => spotOnlineHosts) },
  ];
  const pcs: Series[] = [
    { id: "ready", title: words.ready, look: "area", values: values(({ provisioned }) => provisioned) },
    {
      id: "building",
      title: words.building,
      look: "second",
      values: values(({ provisioning, pendingProvision }) => (provisioning ?? 0) + (pendingProvision ?? 0)),
    },
    { id: "failed", title: words.haveFailed, look: "danger", values: values(({ failed }) => failed) },
  ];
  return (
    <>
      <Section title={words.spotToday} icon={CalendarClock20Regular} isInGrid>
        <Chart label={words.spotToday} from={from} step={HOUR} series={spot} />
      </Section>
      <Section title={words.pcsToday} icon={CalendarClock20Regular} isInGrid>
        <Chart label={words.pcsToday} from={from} step={HOUR} series={pcs} />
      </Section>
    </>
  );
}

function beginsAt({ intervalStartDateTime }: Hour): number {
  return Date.parse(intervalStartDateTime);
}
