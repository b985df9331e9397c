import { expect, test } from "vitest";

import { titleOf } from "./errors.ts";

test.each([
  ["inGracePeriod", "In grace period"],
  ["resizeWait", "Resize wait"],
  ["VMExtensionProvisioningError", "VM extension provisioning error"],
  ["SkuNotAvailable", "Sku not available"],
  ["vmSize", "Vm size"],
  ["cloudPCs", "Cloud PCs"],
  ["cloudPcId", "Cloud PC id"],
  ["createSpotGroup", "Create Spot Group"],
  ["azureTenantReadiness", "Azure tenant readiness"],
  ["azureADJoin", "Microsoft Entra join"],
])("the words of %s", (code, title) => {
  expect(titleOf(code)).toBe(title);
});
