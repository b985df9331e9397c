import { describe, expect, it } from "vitest";

import { localOf, momentOf } from "./local-time.ts";

describe("a moment of a form", () => {
  it("is shown as it was written, in any time zone", () => {
    const written = "2026-03-10T10:00";
    expect(localOf(momentOf(written) ?? "")).toBe(written);
  });

  it("is none while it is not whole, and where a year has too many digits", () => {
    expect(localOf("")).toBe("");
    expect(momentOf("")).toBeNull();
    expect(momentOf("202603-03-10T10:00")).toBeNull();
  });
});
