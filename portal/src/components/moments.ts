/** Moments and durations as people read them. */

import { region } from "../words/language.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const moments = new Intl.DateTimeFormat(region, {
  ...({ year: "numeric", month: "short", day: "numeric" } as const),
  ...({ hour: "numeric", minute: "2-digit", timeZoneName: "short" } as const),
});
const distances = new Intl.RelativeTimeFormat(region, { numeric: "auto" });

/** Write a moment in the reader's language and time zone, which it names; a dash for none. */
export function moment(text: string | null | undefined): string {
  return text ? moments.format(new Date(text)) : "-";
}

/** Write a moment to come, and how far away it is; null for none. */
export function momentToCome(text: string | null | undefined, now: number): string | null {
  return text ? `${moment(text)} (${distance(text, now)})` : null;
}

/** An estimate of the API: the likely end, and the range around it where there is one. */
interface Estimate {
  readonly estimatedEndDateTime?: string | null;
  readonly earliestEndDateTime?: string | null;
  readonly latestEndDateTime?: string | null;
}

/** Write between which moments something should end, such as `9:20 - 9:35 AM` of a day; null if nothing is known. */
export function endRange(of: Estimate | undefined): string | null {
  const earliest = of?.earliestEndDateTime ?? of?.estimatedEndDateTime;
  const latest = of?.latestEndDateTime ?? earliest;
  return earliest && latest ? moments.formatRange(new Date(earliest), new Date(latest)) : null;
}

/** Write how far away a moment is, such as `in 5 minutes`. */
export function distance(text: string, now: number): string {
  const away = new Date(text).getTime() - now;
  const [unit, size] = unitOf(Math.abs(away));
  return distances.format(Math.round(away / size), unit);
}

function unitOf(length: number): ["second" | "minute" | "hour" | "day", number] {
  if (length < MINUTE) {
    return ["second", SECOND];
  }
  if (length < HOUR) {
    return ["minute", MINUTE];
  }
  return length < DAY ? ["hour", HOUR] : ["day", DAY];
}

/** Write a duration in its two largest units, such as `1 h 5 min`. */
export function duration(milliseconds: number): string {
  const parts: [string, number][] = [
    ["d", Math.floor(milliseconds / DAY)],
    ["h", Math.floor((milliseconds % DAY) / HOUR)],
    ["min", Math.floor((milliseconds % HOUR) / MINUTE)],
    ["s", Math.floor((milliseconds % MINUTE) / SECOND)],
  ];
  const first = parts.findIndex(([, count]) => count > 0);
  if (first === -1) {
    return "0 s";
  }
  return parts
    .slice(first, first + 2)
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => `${count} ${unit}`)
    .join(" ");
}
