import { describe, expect, it } from "vitest";

import { leastWidth } from "./columns.ts";

describe("leastWidth", () => {
  it("has room for each column, also for those that say nothing of their width", () => {
    expect(leastWidth([{ width: "170px" }, {}, { width: "34%" }], false)).toBe(170 + 16 + 125 + 125);
  });

  it("has room for the boxes of rows that can be selected", () => {
    expect(leastWidth([{}], true)).toBe(leastWidth([{}], false) + 60);
  });
});
