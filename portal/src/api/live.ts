/** How often a view asks again, in milliseconds; only what runs is asked for, and only while the tab is seen. */
export const LIVE = 5_000;
const CALM = 60_000;

/** Return how long to wait: short while something runs, long otherwise. */
export function pace(running: boolean): number {
  return running ? LIVE : CALM;
}
