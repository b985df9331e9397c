import { describe, expect, it } from "vitest";

import { choicesOf, placesOf, scopesIn } from "./scopes.ts";

const THINGS = {
  provisioningPolicies: choicesOf([{ id: "p1", displayName: "Office" }]),
  spotGroups: choicesOf([{ id: "s1", displayName: "Night shift" }]),
  sites: choicesOf([{ id: "main", displayName: "Berlin" }]),
};

describe("the scopes of a role", () => {
  it("are the addresses of what was chosen, and none for the whole tenant", () => {
    expect(scopesIn({ sites: ["main"], provisioningPolicies: ["p1", "p2"] })).toEqual([
      "/provisioningPolicies/p1",
      "/provisioningPolicies/p2",
      "/sites/main",
    ]);
    expect([scopesIn(undefined), scopesIn({ sites: [] })]).toEqual([[], []]);
  });

  it("are written by their names, and by the id of what is gone", () => {
    const scopes = ["/provisioningPolicies/p1", "/spotGroups/s1", "/sites/gone", "/devices/d"];
    expect(placesOf(scopes, THINGS)).toBe("Policy Office, Spot Group Night shift, Site gone, /devices/d");
    expect(placesOf([], THINGS)).toBe("Whole tenant");
  });
});
