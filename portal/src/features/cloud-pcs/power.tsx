import { Power20Regular } from "@fluentui/react-icons/svg/power";
import type { ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import type { RowOf } from "../../api/read.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import { moment } from "../../components/moments.ts";
import { Section } from "../../components/section.tsx";
import { SectionOnDemand } from "../../components/section-on-demand.tsx";
import { words } from "../../words/cloud-pcs.ts";
import { region } from "../../words/language.ts";
import { sentence } from "../../words/sentence.ts";
import type { CloudPc } from "./api.ts";

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

/** Whether the machine is on, who or which rule decided that, and what comes next; its use by day on demand. */
export function PowerOfCloudPc({ tenant, pc }: { readonly tenant: string; readonly pc: CloudPc }): ReactElement {
  const power = pc["@deskwright.power"];
  return (
    <>
      {power === undefined ? null : (
        <Section title={words.power} icon={Power20Regular}>
          <Facts
            areTiles
            facts={{
              [words.powerFacts.state]: words.powerStates[power.powerState],
              [words.powerFacts.desired]: words.desired[power.desired],
              [words.powerFacts.reason]: sentence(power.reason),
              [words.powerFacts.since]: at(power.since),
              [words.powerFacts.changedBy]: power.changedBy === null ? null : titleOf(power.changedBy),
              [words.powerFacts.waits]: sentence(power.waits),
              [words.keptAwake]: at(power.keptAwakeUntil),
              [words.powerFacts.keptAwakeBy]: power.keptAwakeBy,
              [words.stopsAt]: at(power.stopsAt),
              [words.powerFacts.next]: at(power.nextTransitionAt),
            }}
          />
        </Section>
      )}
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

function at(value: string | null | undefined): string | null {
  return value ? moment(value) : null;
}

function written(minutes: number): string {
  return hours.format(minutes / MINUTES_OF_AN_HOUR);
}
