import { describe, expect, it } from "vitest";

import { distance, duration, endRange, moment } from "./moments.ts";

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

describe("moment", () => {
  it("names the time zone, and is a dash where there is none", () => {
    const zone = new Intl.DateTimeFormat("en", { timeZoneName: "short" })
      .formatToParts(new Date("2026-11-22T12:20:00Z"))
      .find(({ type }) => type === "timeZoneName")?.value;
    expect(moment("2026-11-22T12:20:00Z")).toMatch(new RegExp(`\\b20\\b.* ${zone?.replace("+", "\\+")}$`));
    expect([moment(null), moment("")]).toEqual(["-", "-"]);
  });
});

describe("endRange", () => {
  it("writes both ends of a range, one moment where there is one, and nothing without an estimate", () => {
    const [earliestEndDateTime, latestEndDateTime] = ["2026-11-22T12:20:00Z", "2026-11-22T12:35:00Z"];
    const both = endRange({ earliestEndDateTime, latestEndDateTime });
    expect(both).toContain("20");
    expect(both).toContain("35");
    expect(endRange({ estimatedEndDateTime: latestEndDateTime })).toContain("35");
    expect(endRange({ estimatedEndDateTime: null })).toBeNull();
    expect(endRange(undefined)).toBeNull();
  });
});

describe("distance", () => {
  it("says how far away a moment is, before and behind", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect(distance("2026-11-22T12:05:00Z", now)).toBe("in 5 minutes");
    expect(distance("2026-11-21T12:00:00Z", now)).toBe("yesterday");
  });
});
