/** The service's time, by its answers: a browser's clock may be wrong, and in `make run` time is simulated. */

interface Said {
  /** When the answer came, by the browser's clock, and the time that it told. */
  readonly here: number;
  readonly there: number;
}

/** So many answers are remembered: more than a page has views. */
const MOST = 200;
const said: Said[] = [];

/** Note what an answer says about the time. *here*: when it came, by the browser's clock. */
export function noteServiceTime(answer: Response, here = Date.now()): void {
  const there = Date.parse(answer.headers.get("X-Service-Time") ?? "");
  if (!Number.isNaN(there)) {
    said.push({ here, there });
    said.splice(0, said.length - MOST);
  }
}

/** Return the time of the service's last answer, in milliseconds since the epoch. */
export function serviceNow(): number {
  return said.at(-1)?.there ?? Date.now();
}

/** Return the service's time at a moment of the browser's: that of the last answer before it. */
export function serviceTimeAt(here: number): number {
  return (said.findLast((each) => each.here <= here) ?? said[0])?.there ?? here;
}
