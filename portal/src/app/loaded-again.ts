/** When a page that could not be loaded is loaded again by itself. Pure. */

/** What Chromium, Firefox, Safari and Vite say of a part of the portal that could not be read. */
const NOT_LOADED = /dynamically imported module|importing a module script failed|unable to preload/i;
/** In milliseconds: what cannot be loaded although the service answers is not tried without an end. */
const AT_LEAST = 60_000;

/** Return whether an error is that a part of the portal could not be read. */
export function isNotLoaded(error: unknown): boolean {
  return error instanceof Error && NOT_LOADED.test(error.message);
}

/** Return whether a page may be loaded again *now*; *latest*: when that was done last, 0 for never. */
export function mayLoadAgain(latest: number, now: number): boolean {
  return now - latest >= AT_LEAST;
}
