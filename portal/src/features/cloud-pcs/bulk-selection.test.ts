import { describe, expect, it } from "vitest";

import { everything } from "./bulk-selection.ts";

describe("everything", () => {
  it("sends what the list was asked for", () => {
    const query = { $filter: "status eq 'failed'", $search: '"ada"', $orderby: "displayName" };
    expect(everything(query, ["a"], new Set(["a"]))).toEqual({
      filter: { where: "status eq 'failed'", search: '"ada"' },
      excludeCloudPcIds: [],
    });
  });

  it("leaves out what somebody has unselected", () => {
    expect(everything({}, ["a", "b"], new Set(["b"]))).toEqual({ filter: {}, excludeCloudPcIds: ["a"] });
  });
});
