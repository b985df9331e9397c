import { expect, it } from "vitest";

import { regionName, regionNames } from "./region-names.ts";

it("writes regions by their names, and what is none as it is", () => {
  expect([regionName("westeurope"), regionName("atlantis")]).toEqual(["West Europe", "atlantis"]);
  expect([regionNames(["uksouth", "eastus2"]), regionNames([])]).toEqual(["UK South, East US 2", "-"]);
});
