import { describe, expect, it } from "vitest";

import { belongingOf } from "./places.ts";

function whereOf(pathname: string): readonly [string, string | null] | null {
  const found = belongingOf(pathname);
  return found === null ? null : [found.place.title, found.above];
}

describe("belongingOf", () => {
  it("is the place itself on its own page", () => {
    expect(whereOf("/t/harbour")).toEqual(["Home", null]);
    expect(whereOf("/t/harbour/cloud-pcs")).toEqual(["Cloud PCs", null]);
    expect(whereOf("/my")).toEqual(["My Cloud PCs", null]);
  });

  it("leads from a thing to the place of its kind", () => {
    expect(whereOf("/t/harbour/spot-groups/1/hosts/2")).toEqual(["Spot Groups", "/t/harbour/spot-groups"]);
    expect(whereOf("/t/harbour/readiness")).toEqual(["Tenant and sites", "/t/harbour/tenant"]);
    expect(whereOf("/tenants/new")).toEqual(["All tenants", "/tenants"]);
  });

  it("leads from a wizard to the place of what it makes", () => {
    expect(whereOf("/t/harbour/wizards/create-device-image")).toEqual(["Images", "/t/harbour/images"]);
    expect(whereOf("/t/harbour/wizards/edit-site")).toEqual(["Tenant and sites", "/t/harbour/tenant"]);
  });

  it("is nothing for an address that leads nowhere", () => {
    expect([whereOf("/t/harbour/nowhere"), whereOf("/nowhere")]).toEqual([null, null]);
  });
});
