import { describe, expect, it } from "vitest";

import { leastWidth } from "./columns.ts";

describe("leastWidth", () => {
  it("has room for each column, also for those that say nothing of their width", () => {
    expect(leastWidth([{ width: "170px" }, {}, { width: "50%" }], false)).toBe(2 * (170 + 16 + 96));
  });

  it("has room in the smallest share, too", () => {
    expect(leastWidth([{ width: "80%" }, { width: "10%" }], false)).toBe(960);
  });

  it("has room for the boxes of rows that can be selected", () => {
    expect(leastWidth([{}], true)).toBe(leastWidth([{}], false) + 60);
  });
});
