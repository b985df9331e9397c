import { expect, test } from "vitest";

import { placeAtMoment } from "./stretches.ts";

const SPANS = [
  { begin: 0, end: 10 },
  { begin: 20, end: 30 },
];

test.each([
  [-5, 0],
  [5, 0],
  [15, 0],
  [20, 1],
  [99, 1],
])("at %d it is the stretch %d", (moment, place) => {
  expect(placeAtMoment(SPANS, moment)).toBe(place);
});
