import { describe, expect, it } from "vitest";

import { FIELDS } from "../api/fields.ts";
import { fieldFacts, labelOf } from "./field-facts.ts";

describe("fieldFacts", () => {
  it("shows every property that the wizard's step sets, by its title", () => {
    const policy = {
      windowsSetting: { locale: "de-DE" },
      localAdminEnabled: true,
      enableSingleSignOn: false,
      "@deskwright.securityDefaults": { clipboard: true },
      cloudPcNamingTemplate: null,
      gracePeriodInHours: 48,
      provisioningType: "dedicated",
      displayName: "Office",
    };
    expect(fieldFacts(FIELDS.Policy, "configuration", policy)).toEqual({
      "Display language": "de-DE",
      "Local administrator": true,
      "Single sign-on": false,
      "Security defaults": { clipboard: true },
      "Naming template": null,
      "Grace period": "2 d",
      "Provisioning type": "dedicated",
    });
  });
});

it("a property has the label that its form shows, and words where no form has it", () => {
  expect(labelOf("gracePeriodInHours")).toBe("Grace period (hours)");
  expect(labelOf("lastModifiedBy")).toBe("Last modified by");
});

it("no label of a form is the name of a property", () => {
  const labels = Object.values(FIELDS).flatMap((fields) => Object.keys(fields).map((name) => labelOf(name)));
  expect(labels.filter((each) => /[a-z][A-Z]/.test(each))).toEqual([]);
});
