import { describe, expect, it } from "vitest";

import { settingFields, settingsOf } from "./settings.ts";

describe("settingFields", () => {
  it("begins with the present values", () => {
    const fields = new Map(settingFields({ gracePeriodInHours: 72, restorePointFrequencyInHours: 6 }).map((each) => [each.name, each]));
    expect(fields.get("gracePeriodInHours")).toMatchObject({ value: 72, minimum: 1, maximum: 8_760 });
    expect(fields.get("restorePointFrequencyInHours")?.value).toBe("6");
  });
});

describe("settingsOf", () => {
  it("gives an emptied field its default back", () => {
    expect(settingsOf({ attempts: 2 })).toMatchObject({ attempts: 2, gracePeriodInHours: null });
  });

  it("sends a chosen frequency as a number", () => {
    expect(settingsOf({ restorePointFrequencyInHours: "12" })).toMatchObject({ restorePointFrequencyInHours: 12 });
  });
});
