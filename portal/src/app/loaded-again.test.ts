import { describe, expect, it } from "vitest";

import { isNotLoaded, mayLoadAgain } from "./loaded-again.ts";

describe("isNotLoaded", () => {
  it.each([
    "Failed to fetch dynamically imported module: https://desk.example/portal/assets/a.js",
    "error loading dynamically imported module: https://desk.example/portal/assets/a.js",
    "Importing a module script failed.",
    "Unable to preload CSS for /portal/assets/a.css",
  ])("knows: %s", (message) => {
    expect(isNotLoaded(new TypeError(message))).toBe(true);
  });

  it("is not what is wrong in a page", () => {
    expect([isNotLoaded(new TypeError("x is undefined")), isNotLoaded(undefined)]).toEqual([false, false]);
  });
});

describe("mayLoadAgain", () => {
  it("is once a minute at most", () => {
    expect([mayLoadAgain(0, 100_000), mayLoadAgain(100_000, 159_999), mayLoadAgain(100_000, 160_000)]).toEqual([true, false, true]);
  });
});
