import { expect, test } from "vitest";

import { changeOf } from "./edited-change.ts";

const POLICY = { policy: { policyId: "p" }, detail: { displayName: "Crew" } };

test("an edit of a policy or of a Spot Group is foreseen by its whole form, one of a tenant by its settings", () => {
  expect(changeOf("edit-provisioning-policy", POLICY)).toEqual({ edit: POLICY });
  expect(changeOf("edit-spot-group", { group: { spotGroupId: "s" } })).toEqual({
    spotGroup: { group: { spotGroupId: "s" } },
  });
  expect(changeOf("edit-tenant", { settings: { attempts: 2 }, name: { displayName: "Harbour" } })).toEqual({
    settings: { attempts: 2 },
  });
  expect(changeOf("edit-tenant", { name: { displayName: "Harbour" } })).toBeNull();
  expect(changeOf("edit-site", { site: { siteId: "main" } })).toBeNull();
});
