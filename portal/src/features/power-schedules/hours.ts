/** The working hours of a power schedule as people read them. Pure. */

import { words } from "../../words/power-schedules.ts";

interface Phase {
  readonly begins: string;
  readonly days?: readonly number[];
  readonly working: boolean;
}

const WEEK = [1, 2, 3, 4, 5, 6, 7] as const;
type Day = (typeof WEEK)[number];

/** Return the days of a phase; without any it is every day's. */
export function daysOf({ days }: Phase): readonly number[] {
  return days === undefined || days.length === 0 ? WEEK : days;
}

/** Return the working hours of each run of days that have the same, such as `Monday - Friday 07:00 - 19:00`. */
export function hoursOf(phases: readonly Phase[]): string[] {
  const runs: { first: Day; last: Day; hours: string }[] = [];
  for (const day of WEEK) {
    const hours = hoursOn(phases, day);
    const before = runs.at(-1);
    if (before !== undefined && before.hours === hours && before.last === day - 1) {
      before.last = day;
    } else {
      runs.push({ first: day, last: day, hours });
    }
  }
  return runs.filter(({ hours }) => hours !== "").map(({ first, last, hours }) => `${named(first, last)} ${hours}`);
}

function hoursOn(phases: readonly Phase[], day: Day): string {
  const own = phases
    .filter((each) => daysOf(each).includes(day))
    .toSorted((one, other) => one.begins.localeCompare(other.begins));
  return own
    .flatMap((each, place) =>
      each.working ? [`${clock(each.begins)} - ${clock(own[place + 1]?.begins ?? "24:00")}`] : [],
    )
    .join(", ");
}

function clock(time: string): string {
  return time.slice(0, "00:00".length);
}

function named(first: Day, last: Day): string {
  if (first === 1 && last === WEEK.length) {
    return words.everyDay;
  }
  return first === last ? words.days[first] : `${words.days[first]} - ${words.days[last]}`;
}
