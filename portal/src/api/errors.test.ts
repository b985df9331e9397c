import { expect, test } from "vitest";

import { titleOf } from "./errors.ts";

test.each([
  ["resizeWait", "Resize wait"],
  ["VMExtensionProvisioningError", "VM extension provisioning error"],
  ["SkuNotAvailable", "Sku not available"],
  ["vmSize", "Vm size"],
])("the words of %s", (code, title) => {
  expect(titleOf(code)).toBe(title);
});
