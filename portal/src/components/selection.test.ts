import { describe, expect, it } from "vitest";

import { rangeOf } from "./selection.ts";

const IDS = ["a", "b", "c", "d"];

describe("rangeOf", () => {
  it("selects one row, and takes it back", () => {
    const once = rangeOf(IDS, new Set(), 1, null);
    expect([...once]).toEqual(["b"]);
    expect([...rangeOf(IDS, once, 1, null)]).toEqual([]);
  });

  it.each([
    [0, 2],
    [2, 0],
  ])("selects everything between %d and %d", (from, index) => {
    expect([...rangeOf(IDS, new Set([IDS[from] ?? ""]), index, from)].toSorted()).toEqual(["a", "b", "c"]);
  });

  it("unselects a range when its end was selected", () => {
    expect([...rangeOf(IDS, new Set(["a", "b", "c"]), 2, 1)]).toEqual(["a"]);
  });
});
