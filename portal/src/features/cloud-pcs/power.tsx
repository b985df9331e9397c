import { Power20Regular } from "@fluentui/react-icons/svg/power";
import { Suspense, lazy, type ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import type { RowOf } from "../../api/read.ts";
import { serviceNow } from "../../api/service-time.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loading } from "../../components/loading.tsx";
import { moment, momentToCome } from "../../components/moments.ts";
import { Section } from "../../components/section.tsx";
import { SectionOnDemand } from "../../components/section-on-demand.tsx";
import { words } from "../../words/cloud-pcs.ts";
import { region } from "../../words/language.ts";
import { sentence } from "../../words/sentence.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import type { CloudPc } from "./api.ts";

const DayOfCloudPc = lazy(async () => ({ default: (await import("./day.tsx")).DayOfCloudPc }));

const USAGE = `${ROOT}/cloudPCs/{id}/usage` as const;
type Day = RowOf<typeof USAGE>;

const MINUTES_OF_AN_HOUR = 60;
const hours = new Intl.NumberFormat(region, { maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(region, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });

const DAYS: readonly Column<Day>[] = [
  {
    id: "day",
    title: words.dayColumns.day,
    cell: ({ intervalStartDateTime }) => days.format(Date.parse(intervalStartDateTime)),
  },
  { id: "on", title: words.dayColumns.on, cell: ({ minutesOn }) => written(minutesOn) },
  { id: "active", title: words.dayColumns.active, cell: ({ minutesActive }) => written(minutesActive) },
  {
    id: "disconnected",
    title: words.dayColumns.disconnected,
    cell: ({ minutesDisconnected }) => written(minutesDisconnected),
  },
  { id: "connections", title: words.dayColumns.connections, cell: ({ connections }) => String(connections) },
];

type Power = NonNullable<CloudPc["@deskwright.power"]>;
type Rule = Power["overruled"][number] & { readonly decides?: boolean };

const RULES: readonly Column<Rule>[] = [
  { id: "rule", width: "18%", title: words.ruleColumns.rule, cell: ({ rule }) => words.ruleNames[rule] },
  {
    id: "effect",
    title: words.ruleColumns.effect,
    cell: ({ decides }) => (
      <StatusBadge
        status={decides ? "decides" : "overruled"}
        title={decides ? words.decides : words.overruled}
        color={decides ? "success" : "informative"}
      />
    ),
  },
  { id: "wants", title: words.ruleColumns.wants, cell: ({ wants }) => words.desired[wants] },
  { id: "until", title: words.ruleColumns.until, cell: ({ until }) => at(until) ?? words.untilChange },
  { id: "why", width: "30%", title: words.ruleColumns.why, cell: ({ why }) => sentence(why) },
];

/** Whether the machine is on, which rule decided that and which it overruled, and what comes next; its day, its days. */
export function PowerOfCloudPc({ tenant, pc }: { readonly tenant: string; readonly pc: CloudPc }): ReactElement {
  const power = pc["@deskwright.power"];
  return (
    <>
      {power === undefined ? null : (
        <Section title={words.power} icon={Power20Regular}>
          <Facts
            areTiles
            facts={{
              [words.powerFacts.state]: words.powerStates[power.observed],
              [words.powerFacts.desired]: words.desired[power.desired],
              [words.powerFacts.reason]: sentence(power.reason),
              [words.powerFacts.next]: momentToCome(power.nextTransitionAt, serviceNow()),
              [words.powerFacts.since]: at(power.since),
              [words.powerFacts.changedBy]: power.changedBy === null ? null : words.actors[power.changedBy],
              [words.powerFacts.waits]: sentence(power.waits),
              [words.powerFacts.nextTry]: momentToCome(power.nextTry, serviceNow()),
              [words.powerFacts.fallbackSize]: power.fallbackSize,
              [words.powerFacts.unhibernated]: sentence(power.unhibernated),
              [words.keptAwake]: momentToCome(power.keptAwakeUntil, serviceNow()),
              [words.powerFacts.keptAwakeBy]: power.keptAwakeBy,
              [words.powerFacts.overriddenUntil]: at(power.overriddenUntil),
              [words.stopsAt]: momentToCome(power.stopsAt, serviceNow()),
            }}
          />
          <Rules power={power} />
        </Section>
      )}
      <Suspense fallback={<Loading />}>
        <DayOfCloudPc tenant={tenant} id={pc.id} />
      </Suspense>
      <SectionOnDemand title={words.use} show={words.showUse} path={USAGE} place={{ tenant, id: pc.id }}>
        {({ value }) =>
          value.length === 0 ? (
            <p>{words.noUse}</p>
          ) : (
            <DataTable
              label={words.use}
              rows={value.toReversed()}
              columns={DAYS}
              idOf={(row) => row.intervalStartDateTime}
            />
          )
        }
      </SectionOnDemand>
    </>
  );
}

/** The rules, the one that decides first, then those that it overrules. */
function Rules({ power: { decidedBy, overruled } }: { readonly power: Power }): ReactElement {
  const rows = [...(decidedBy ? [{ ...decidedBy, decides: true }] : []), ...overruled];
  return rows.length === 0 ? (
    <p>{words.noRules}</p>
  ) : (
    <DataTable label={words.rules} rows={rows} columns={RULES} idOf={({ rule }) => rule} />
  );
}

function at(value: string | null | undefined): string | null {
  return value ? moment(value) : null;
}

function written(minutes: number): string {
  return hours.format(minutes / MINUTES_OF_AN_HOUR);
}
