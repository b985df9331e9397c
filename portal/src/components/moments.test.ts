import { describe, expect, it } from "vitest";

import { distance, duration } from "./moments.ts";

describe("duration", () => {
  it.each([
    [0, "0 s"],
    [999, "0 s"],
    [61_000, "1 min 1 s"],
    [3_600_000, "1 h"],
    [3_660_000, "1 h 1 min"],
    [90_000_000, "1 d 1 h"],
  ])("writes %d ms as %s", (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

describe("distance", () => {
  it("says how far away a moment is, before and behind", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect(distance("2026-11-22T12:05:00Z", now)).toBe("in 5 minutes");
    expect(distance("2026-11-21T12:00:00Z", now)).toBe("yesterday");
  });
});
