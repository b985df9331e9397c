/** The service's time, by its last answer: a browser's clock may be wrong, and in `make run` time is simulated. */

let last: number | null = null;

/** Note what an answer says about the time. */
export function noteServiceTime(answer: Response): void {
  const said = Date.parse(answer.headers.get("X-Service-Time") ?? "");
  if (!Number.isNaN(said)) {
    last = said;
  }
}

/** Return the time of the service's last answer, in milliseconds since the epoch. */
export function serviceNow(): number {
  return last ?? Date.now();
}
