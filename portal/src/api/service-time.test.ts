import { expect, test } from "vitest";

import { noteServiceTime, serviceNow } from "./service-time.ts";

test("durations follow the service's clock, as far as it has said what time it is", () => {
  noteServiceTime(new Response(null, { headers: { "X-Service-Time": "2026-03-02T08:00:00Z" } }));
  noteServiceTime(new Response(null));
  expect(serviceNow()).toBe(Date.parse("2026-03-02T08:00:00Z"));
});
