import { expect, test } from "vitest";

import { ROOT } from "./addresses.ts";
import type { Me } from "./context.tsx";
import { opens } from "./opens.ts";

const READ = ["cloudPCs/read", "provisioningPolicies/read", "tenants/read"].map((each) => `Microsoft.CloudPC/${each}`);

function me(scopedVerbs: string[]): Me {
  return {
    id: "1",
    name: "Ada",
    kind: "itPro",
    directoryId: "2",
    roles: [],
    verbs: READ,
    tenants: [{ id: "contoso", displayName: "Contoso", roles: [], scopedVerbs }],
    tenantsCut: false,
  };
}

test("a role in the whole tenant opens what its permissions allow", () => {
  expect(opens(me([]), "contoso", `${ROOT}/cloudPCs`)).toBe(true);
  expect(opens(me([]), "contoso", "/tenants/{tenant}")).toBe(true);
  expect(opens(me([]), "contoso", `${ROOT}/spotGroups`)).toBe(false);
});

test("a role in scopes opens lists that leave out other rows, and nothing about the whole tenant", () => {
  expect(opens(me(READ), "contoso", `${ROOT}/cloudPCs`)).toBe(true);
  expect(opens(me(READ), "contoso", `${ROOT}/provisioningPolicies/{id}/users`)).toBe(false);
  expect(opens(me(READ), "contoso", "/tenants/{tenant}")).toBe(false);
  expect(opens(me(READ), "northwind", "/tenants/{tenant}")).toBe(true);
});

test("what is not known yet is asked of the service", () => {
  expect(opens(undefined, "contoso", "/tenants/{tenant}")).toBe(true);
});
