import { describe, expect, it } from "vitest";

import { leastWidth } from "./columns.ts";

describe("leastWidth", () => {
  it("has room for each column, also for those that say nothing of their width", () => {
    expect(leastWidth([{ width: "170px" }, {}, { width: "50%" }], false)).toBe(2 * (170 + 16 + 96));
  });

  it("has room for columns that take small shares", () => {
    expect(leastWidth([{ width: "5%" }, { width: "5%" }], false)).toBe(2 * 96);
  });

  it("has room for the boxes of rows that can be selected", () => {
    expect(leastWidth([{}], true)).toBe(leastWidth([{}], false) + 60);
  });
});
