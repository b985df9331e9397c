/** The moments that stand at an axis of time. Pure. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Distances between ticks of the clock, in milliseconds. */
const CLOCK = [
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
  48 * HOUR,
  168 * HOUR,
];

/** Return the moments between *from* and *to* that stand at an axis: full hours of the reader's clock, *most* at most. */
export function clockTicks(from: number, to: number, most: number): number[] {
  const step = CLOCK.find((each) => (to - from) / each <= most) ?? CLOCK.at(-1) ?? HOUR;
  const midnight = new Date(from);
  midnight.setHours(0, 0, 0, 0);
  const first = midnight.getTime() + Math.ceil((from - midnight.getTime()) / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, place) => first + place * step);
}
