import { describe, expect, it } from "vitest";

import { areaOf, countTicks, filled, lineOf } from "./chart-geometry.ts";

const HOUR = 3_600_000;

describe("countTicks", () => {
  it.each([
    [0, [0, 1]],
    [3, [0, 1, 2, 3]],
    [17, [0, 5, 10, 15, 20]],
    [1_000, [0, 500, 1_000]],
  ])("reaches %i with round numbers", (most, ticks) => {
    expect(countTicks(most)).toEqual(ticks);
  });
});

describe("filled", () => {
  it("has a gap where nothing was observed", () => {
    expect(filled([{ at: 0 }, { at: 2 * HOUR }], ({ at }) => at, HOUR)).toEqual([{ at: 0 }, null, { at: 2 * HOUR }]);
  });

  it("is empty without points", () => {
    expect(filled([], () => 0, HOUR)).toEqual([]);
  });
});

function x(place: number): number {
  return place * 10;
}

function y(value: number): number {
  return 100 - value;
}

describe("lineOf and areaOf", () => {
  it("leave out what was not observed", () => {
    expect(lineOf([1, 2, null, 4], x, y)).toBe("M0 99H10L10 98H20M30 96H40");
    expect(areaOf([5, null], x, y)).toBe("M0 100V95H10V100Z");
  });
});
