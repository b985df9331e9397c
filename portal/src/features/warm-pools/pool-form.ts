/** The form of a warm pool, and what is sent of it. Pure. */

import type { components } from "../../api/schema.d.ts";
import type { Field, Json } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { words } from "../../words/warm-pools.ts";

export type PoolForm = components["schemas"]["PoolForm"];
/** What tells a pool from the others of its policy. */
export type PoolNames = Pick<PoolForm, "servicePlanId" | "region">;
type Schedule = NonNullable<PoolForm["schedule"]>;
type Phase = Schedule["phases"][number];

const HOURS = { least: 24, most: 480, usual: 336 };
const MOST = 900;
const LONGEST_ZONE = 100;
const STATES = choicesOf(words.states);
const DAYS = choicesOf(words.days);

/** A phase as the form has it: days are texts there. */
type PhaseRow = Omit<Phase, "days"> & {
  readonly days?: readonly string[];
};

function choicesOf(titles: Readonly<Record<string, string>>): { value: string; title: string }[] {
  return Object.entries(titles).map(([value, title]) => ({ value, title }));
}

/** Return what is asked of a pool, filled in with what is set of it. */
export function settings(row?: PoolForm): Field[] {
  const { fields } = words;
  return [
    input("number", "desired", fields.desired, { value: row?.desired ?? 1, minimum: 0, maximum: MOST }),
    input("number", "minimum", fields.minimum, { value: row?.minimum ?? 0, minimum: 0, maximum: MOST }),
    input("number", "maximum", fields.maximum, { value: row?.maximum ?? MOST, minimum: 1, maximum: MOST }),
    input("one", "state", fields.state, { choices: STATES, value: row?.state ?? "running" }),
    input("number", "ttlHours", fields.ttl, {
      value: row?.ttlHours ?? HOURS.usual,
      minimum: HOURS.least,
      maximum: HOURS.most,
    }),
    input("switch", "useOutdated", fields.outdated, { value: row?.useOutdated ?? false }),
    ...scheduleFields(row?.schedule),
  ];
}

function scheduleFields(schedule: PoolForm["schedule"] | undefined): Field[] {
  const { fields } = words;
  const exceptions = (schedule?.exceptions ?? []).map(({ on, phases }) => ({ on, phases: phases.map(rowOf) }));
  return [
    input("text", "timeZone", fields.zone, {
      help: fields.zoneHelp,
      optional: true,
      longest: LONGEST_ZONE,
      ...(schedule ? { value: schedule.timeZone } : {}),
    }),
    phasesField(fields.phases, fields.phasesHelp, (schedule?.phases ?? []).map(rowOf)),
    {
      ...input("rows", "exceptions", fields.exceptions, {
        help: fields.exceptionsHelp,
        optional: true,
        value: exceptions as Json,
      }),
      fields: [input("text", "on", fields.on, { help: fields.onHelp }), phasesField(fields.phases, fields.phasesHelp)],
    },
  ];
}

function phasesField(label: string, help: string, rows: readonly PhaseRow[] = []): Field {
  return {
    ...input("rows", "phases", label, { help, optional: true, value: rows as Json }),
    fields: [
      input("text", "begins", words.fields.begins, { help: words.fields.beginsHelp }),
      input("several", "days", words.fields.onDays, { optional: true, choices: DAYS }),
      input("number", "size", words.fields.desired, { minimum: 0, maximum: MOST }),
    ],
  };
}

function rowOf({ days, ...phase }: Phase): PhaseRow {
  return { ...phase, days: days.map(String) };
}

/** A phase without days is one of every day. */
function phaseOf({ days = [], ...row }: PhaseRow): Phase {
  return { ...row, days: (days.length === 0 ? Object.keys(words.days) : days).map(Number) };
}

/** Return a pool as it is sent: without a time zone, phases and exceptions it has no schedule. */
export function poolOf(names: PoolNames, values: Values): PoolForm {
  const entered: unknown = values; // by the fields above
  const { timeZone, phases, exceptions, ...sizes } = entered as Omit<PoolForm, "schedule"> & {
    readonly timeZone?: string | null;
    readonly phases?: readonly PhaseRow[];
    readonly exceptions?: readonly { readonly on: string; readonly phases?: readonly PhaseRow[] }[];
  };
  const schedule = {
    timeZone: timeZone ?? "",
    phases: (phases ?? []).map(phaseOf),
    exceptions: (exceptions ?? []).map((each) => ({ on: each.on, phases: (each.phases ?? []).map(phaseOf) })),
  };
  const isEmpty = schedule.timeZone === "" && schedule.phases.length === 0 && schedule.exceptions.length === 0;
  return { ...sizes, ...namesOf(names), schedule: isEmpty ? null : schedule };
}

/** Return what is set of a pool, to send it again as it is. */
export function formOf(pool: PoolForm): PoolForm {
  const { desired, minimum, maximum, schedule, state, ttlHours, useOutdated } = pool;
  return { ...namesOf(pool), desired, minimum, maximum, schedule, state, ttlHours, useOutdated };
}

/** A pool without a region is built where its policy builds first. */
function namesOf({ servicePlanId, region }: PoolNames): PoolNames {
  return { servicePlanId, region: region || null };
}

export function isSame(one: PoolNames, other: PoolNames): boolean {
  return one.servicePlanId === other.servicePlanId && (one.region ?? "") === (other.region ?? "");
}
