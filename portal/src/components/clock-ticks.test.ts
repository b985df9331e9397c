import { describe, expect, it } from "vitest";

import { clockTicks } from "./clock-ticks.ts";

const HOUR = 3_600_000;

describe("clockTicks", () => {
  it("are full hours of the reader's clock", () => {
    const from = new Date(2026, 2, 2, 8, 20).getTime();
    const ticks = clockTicks(from, from + 8 * HOUR, 4);
    expect(ticks.map((each) => new Date(each).getHours())).toEqual([10, 12, 14, 16]);
    expect(ticks.every((each) => new Date(each).getMinutes() === 0)).toBe(true);
  });

  it("are never more than asked for", () => {
    for (const hours of [1, 6, 24, 72, 500]) {
      expect(clockTicks(0, hours * HOUR, 8).length).toBeLessThanOrEqual(9);
    }
  });
});
