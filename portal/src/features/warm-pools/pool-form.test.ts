import { expect, test } from "vitest";

import { defaultsOf } from "../../components/action.ts";
import { formOf, isSame, poolOf, settings, type PoolForm } from "./pool-form.ts";

const POOL: PoolForm = {
  servicePlanId: "small",
  region: null,
  desired: 3,
  minimum: 1,
  maximum: 9,
  schedule: {
    timeZone: "Europe/Berlin",
    phases: [{ begins: "06:00:00", days: [1, 2], size: 8 }],
    exceptions: [{ on: "2026-12-24", phases: [{ begins: "00:00:00", days: [1, 2, 3, 4, 5, 6, 7], size: 0 }] }],
  },
  state: "deallocated",
  ttlHours: 48,
  useOutdated: true,
};

test("a pool that nobody changes is sent as it is", () => {
  expect(poolOf(POOL, defaultsOf(settings(POOL)))).toEqual(POOL);
  expect(formOf(POOL)).toEqual(POOL);
});

test("a pool keeps its region, and pools of two regions are two", () => {
  const north = { ...POOL, region: "northeurope" };
  expect(poolOf(north, defaultsOf(settings(north)))).toEqual(north);
  expect(formOf(north)).toEqual(north);
  expect([isSame(north, POOL), isSame(POOL, { ...POOL, region: "" })]).toEqual([false, true]);
});

test("a pool without a time zone, phases and exceptions has no schedule", () => {
  const values = defaultsOf(settings({ ...POOL, schedule: null }));
  expect(poolOf(POOL, values).schedule).toBeNull();
  expect(poolOf(POOL, { ...values, timeZone: "" }).schedule).toBeNull();
});

test("a phase without days is one of every day, and one without a time zone is sent for the service to refuse", () => {
  const { schedule } = poolOf(POOL, { phases: [{ begins: "06:00", size: 2 }] });
  expect(schedule).toEqual({
    timeZone: "",
    phases: [{ begins: "06:00", days: [1, 2, 3, 4, 5, 6, 7], size: 2 }],
    exceptions: [],
  });
});
