import { expect, test } from "vitest";

import { AWAY_AFTER, TICKS, WHOLE, pace, tick } from "./live.ts";

test("it is asked quicker while the page waits, and slower while nobody is there", () => {
  expect([tick(true, 0), tick(false, 0), tick(true, AWAY_AFTER)]).toEqual([TICKS.waiting, TICKS.usual, TICKS.away]);
});

test("what is told of is read as a whole from time to time, and often only while it runs", () => {
  const paces = [true, false].flatMap((isTold) => [true, false].map((runs) => pace({ runs, isTold })));
  expect(paces).toEqual([15_000, WHOLE, 5_000, 60_000]);
});

test("an idle page of ten views asks at most six times a minute", () => {
  expect(60_000 / TICKS.usual + 10 * (60_000 / WHOLE)).toBeLessThanOrEqual(6);
});
