import { describe, expect, it } from "vitest";

import { valueText, writtenText } from "./values.ts";

describe("valueText", () => {
  it("writes moments, codes and switches as words", () => {
    expect(valueText("2026-03-02T08:41:30.5Z")).not.toContain("T08");
    expect(valueText("graphSku", "licenceSource")).toBe("Licences in Microsoft Entra ID");
    expect(valueText("inGracePeriod", "status")).toBe("In grace period");
    expect(valueText(["gracePeriodInHours", "locale"], "changed")).toBe("Grace period in hours, Locale");
    expect(valueText({ frequencyType: "fourHours", on: true, none: null })).toBe("frequency type: Four hours, on: Yes");
  });

  it("leaves what people have named as they have named it", () => {
    expect(valueText("macBook", "displayName")).toBe("macBook");
    expect(valueText("2vCPU/8GB", "type")).toBe("2vCPU/8GB");
    expect(valueText({ "Cloud PC Enterprise 2vCPU/8GB/128GB": 3, usbDevices: true })).toBe(
      "Cloud PC Enterprise 2vCPU/8GB/128GB: 3, USB devices: Yes",
    );
  });
});

describe("writtenText", () => {
  it("reads JSON, and says nothing of an empty value", () => {
    expect(writtenText('{"code":"vmLost","message":"gone"}', "failure")).toBe("code: vmLost, message: gone");
    expect([writtenText("[]", "left"), writtenText(null, "left"), writtenText("{ no", "notes")]).toEqual([
      "-",
      "-",
      "{ no",
    ]);
  });
});
