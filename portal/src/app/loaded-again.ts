/** When a page that could not be loaded is loaded again by itself. Pure. */

/** In milliseconds: what cannot be loaded although the service answers is not tried without an end. */
const AT_LEAST = 60_000;

/** Return whether a page may be loaded again *now*; *latest*: when that was done last, 0 for never. */
export function mayLoadAgain(latest: number, now: number): boolean {
  return now - latest >= AT_LEAST;
}
