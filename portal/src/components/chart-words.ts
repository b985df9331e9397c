/** The numbers and moments of charts as people read them. */

import { words } from "../words/charts.ts";
import { region } from "../words/language.ts";

/** In milliseconds. */
export const DAY = 86_400_000;

const UTC = "UTC";
const clock = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" });
const dated = new Intl.DateTimeFormat(region, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat(region, { weekday: "short", day: "numeric", month: "short", timeZone: UTC });
const numbers = new Intl.NumberFormat(region, { maximumFractionDigits: 1 });

/** Return how the moments at the axis of a chart are written, whose intervals have a length of *step*. */
export function clockOf(step: number): Intl.DateTimeFormat {
  return step < DAY ? clock : days;
}

/** Return how the moment of an interval of the length *step* is written in full. */
export function datedOf(step: number): Intl.DateTimeFormat {
  return step < DAY ? dated : days;
}

/** Return the zone of a chart's times: the reader's, or that of days, as the service counts them. */
export function zoneOf(step: number): string {
  return step < DAY ? clock.resolvedOptions().timeZone : UTC;
}

/** Write a value of a chart; null is one that was not observed. */
export function written(value: number | null | undefined): string {
  return value === null || value === undefined ? words.unknown : numbers.format(value);
}
