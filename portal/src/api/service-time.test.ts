import { expect, test } from "vitest";

import { noteServiceTime, serviceNow, serviceTimeAt } from "./service-time.ts";

const said = (time: string): Response => new Response(null, { headers: { "X-Service-Time": time } });

test("moments follow the service's clock, as far as it has said what time it is", () => {
  expect(serviceTimeAt(500)).toBe(500);
  noteServiceTime(said("2026-03-02T08:00:00Z"), 1_000);
  noteServiceTime(said("2026-03-02T09:00:00Z"), 2_000);
  noteServiceTime(new Response(null), 3_000);
  expect(serviceNow()).toBe(Date.parse("2026-03-02T09:00:00Z"));
  expect(serviceTimeAt(1_500)).toBe(Date.parse("2026-03-02T08:00:00Z"));
  expect(serviceTimeAt(2_000)).toBe(Date.parse("2026-03-02T09:00:00Z"));
});
