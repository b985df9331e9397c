import { describe, expect, it } from "vitest";

import { pageOf, subjectOf } from "./made.ts";

describe("what was made", () => {
  it("is the page of what was made, or of what got something", () => {
    expect(pageOf("create-image-set", subjectOf({ detail: { displayName: "A" } }, { id: "s" }))).toBe("image-sets/s");
    expect(pageOf("create-spot-group", subjectOf({}, { id: "operation", resourceId: "g" }))).toBe("spot-groups/g");
    const version = subjectOf({ set: { imageSetId: "s" } }, { id: "operation", resourceId: "v" });
    expect(pageOf("create-image-version", version)).toBe("image-sets/s");
    expect(pageOf("edit-tenant", subjectOf({}, undefined))).toBe("tenant");
  });
});
