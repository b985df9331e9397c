import { describe, expect, it } from "vitest";

import { titleOf } from "./errors.ts";

describe("titleOf", () => {
  it.each([
    ["inGracePeriod", "In grace period"],
    ["VMExtensionProvisioningError", "VM extension provisioning error"],
    ["azureADJoin", "Microsoft Entra join"],
    ["failed", "Failed"],
  ])("writes %s as %s", (code, title) => {
    expect(titleOf(code)).toBe(title);
  });
});
