/** How often what is shown is asked for again, in milliseconds, and only while the tab is seen. Pure. */

/** Between two questions whether anything has changed: while the page waits for something, usually, and while nobody is there. */
export const TICKS = { waiting: 5_000, usual: 20_000, away: 60_000 } as const;
/** Without anything from mouse or keys for so long, nobody is there. */
export const AWAY_AFTER = 300_000;

/** What nobody tells of: while it runs, and otherwise. */
const RUNNING = 5_000;
const CALM = 60_000;
/** What changes are told of: how far work is changes with the time alone, and a notice can be lost. */
const TOLD_RUNNING = 15_000;
export const WHOLE = 600_000;

interface Read {
  /** Whether something in it goes on by itself. */
  readonly runs: boolean;
  /** Whether its changes are told. */
  readonly isTold: boolean;
}

/** Return how long to wait until an answer is read again although nothing says that it has changed. */
export function pace({ runs, isTold }: Read): number {
  return isTold ? (runs ? TOLD_RUNNING : WHOLE) : runs ? RUNNING : CALM;
}

/** Return how long to wait until it is asked again what has changed. *since*: milliseconds since somebody did something. */
export function tick(isWaiting: boolean, since: number): number {
  return since >= AWAY_AFTER ? TICKS.away : isWaiting ? TICKS.waiting : TICKS.usual;
}
