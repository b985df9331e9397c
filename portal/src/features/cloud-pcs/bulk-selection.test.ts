import { describe, expect, it } from "vitest";

import { selectionOf } from "./bulk-selection.ts";

describe("selectionOf", () => {
  it("means everything when nothing is chosen", () => {
    expect(selectionOf({})).toEqual({});
  });

  it("says the filters of the list as a bulk action does", () => {
    expect(selectionOf({ status: "failed", policy: "p", plan: "s" })).toEqual({
      status: ["failed"],
      provisioningPolicyIds: ["p"],
      servicePlanIds: ["s"],
    });
  });

  it("is nothing when a filter cannot be said", () => {
    expect(selectionOf({ status: "failed", unknown: "x" })).toBeNull();
  });
});
