import { expect, test } from "vitest";

import { ApiError, isMissingPart, messageOf, pointerText, titleOf, withoutCodes } from "./errors.ts";

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

test("a code within a text is written as words", () => {
  expect(withoutCodes("Check azureTenantReadiness of West Europe")).toBe("Check Azure tenant readiness of West Europe");
});

test("a pointer is written as the way to a field", () => {
  expect(pointerText("/place/fallbackRegions/0")).toBe("Place, fallback regions, 1");
});

test("an answer that is not of the service says what to do", () => {
  const error = new ApiError(new Response("<h1>busy</h1>", { status: 503, headers: { "Retry-After": "5" } }), null);
  expect([error.title, error.message, error.retryAfter]).toEqual([
    "The service is not available",
    "It may be starting, or busy. Try again in a minute.",
    5,
  ]);
});

test("a part of the portal that is not there any more is no message of a browser", () => {
  expect(messageOf(new TypeError("Failed to fetch dynamically imported module: /portal/assets/a.js"))).toContain(
    "load the page again",
  );
});

test.each([
  "Failed to fetch dynamically imported module: https://desk.example/portal/assets/a.js",
  "error loading dynamically imported module: https://desk.example/portal/assets/a.js",
  "Importing a module script failed.",
  "Unable to preload CSS for /portal/assets/a.css",
])("knows that a part of the portal is missing: %s", (message) => {
  expect([isMissingPart(new TypeError(message)), isMissingPart(new TypeError("x is undefined"))]).toEqual([
    true,
    false,
  ]);
});
