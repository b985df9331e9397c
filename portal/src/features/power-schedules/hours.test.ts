import { expect, it } from "vitest";

import { daysOf, hoursOf } from "./hours.ts";

const WORK = [
  { begins: "07:00:00", days: [1, 2, 3, 4, 5], working: true },
  { begins: "19:00:00", days: [1, 2, 3, 4, 5], working: false },
];

it("writes days with the same hours together", () => {
  expect(hoursOf(WORK)).toEqual(["Monday - Friday 07:00 - 19:00"]);
  expect(hoursOf([...WORK, { begins: "09:00", days: [7], working: true }])).toEqual([
    "Monday - Friday 07:00 - 19:00",
    "Sunday 09:00 - 24:00",
  ]);
});

it("takes a phase without days for every day's", () => {
  expect(daysOf({ begins: "08:00", working: true })).toHaveLength(7);
  expect(hoursOf([{ begins: "00:00", working: true }])).toEqual(["Every day 00:00 - 24:00"]);
});

it("has no hours where nothing is working", () => {
  expect(hoursOf([{ begins: "00:00", working: false }])).toEqual([]);
});
