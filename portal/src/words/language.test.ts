import { expect, it } from "vitest";

import { LANGUAGES, languageAt, regionOf } from "./language.ts";

it("knows English, and a language for each file", () => {
  expect(LANGUAGES).toEqual(["en", "de"]);
});

it.each([
  ["/portal/my", ["de-CH", "en"], "de"],
  ["/portal/my", ["fr-FR", "de"], "de"],
  ["/portal/my", ["fr-FR"], "en"],
  ["/portal/", ["de"], "de"],
  ["/portal/t/contoso/cloud-pcs", ["de"], "en"],
  ["/portal/tenants", ["de"], "en"],
  ["/portal/audit", ["de"], "en"],
])("shows %s to somebody who reads %s in %s", (page, wanted, spoken) => {
  expect(languageAt(page, wanted)).toBe(spoken);
});

it("writes numbers and dates as the reader's region does, in the language of the page", () => {
  expect(regionOf("de", ["en-US", "de-CH"])).toBe("de-CH");
  expect(regionOf("en", ["de-CH", "de"])).toBe("en");
  expect(regionOf("en", ["en-US@posix"])).toBe("en");
  expect(regionOf("en", ["en-US@posix", "en-GB"])).toBe("en-GB");
});
