import { describe, expect, it } from "vitest";

import { byResource, permissionsIn } from "./permissions.ts";

describe("the permissions of a role", () => {
  const some = ["Microsoft.CloudPC/cloudPCs/reboot", "Microsoft.CloudPC/cloudPCs/read", "Microsoft.CloudPC/sites/read"];

  it("are shown by what they are about, and come back whole", () => {
    expect(byResource(some)).toEqual({ cloudPCs: ["read", "reboot"], sites: ["read"] });
    expect(permissionsIn(byResource(some))).toEqual(some.toSorted());
  });

  it("are none where nothing was chosen, and leave out what is no permission", () => {
    expect(permissionsIn(undefined)).toEqual([]);
    expect(byResource(["cloudPCs/read"])).toEqual({});
  });
});
