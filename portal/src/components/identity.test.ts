import { describe, expect, it } from "vitest";

import type { Api } from "../api/client.ts";
import type { RowOf } from "../api/read.ts";
import { actionsOf as ofAdmin } from "../features/cloud-pcs/actions.ts";
import type { CloudPc } from "../features/cloud-pcs/api.ts";
import { actionsOf as ofUser } from "../features/my/actions.ts";
import { typedOf } from "./identity.ts";

type OwnCloudPc = RowOf<"/me/cloudPCs">;

const PLANS = ["Small", "Large"];
const own = (plan: string, computerName: string | null) =>
  ({
    id: plan,
    displayName: "Office - User 01",
    servicePlanName: plan,
    computerName,
    actions: [{ action: "reprovision", possible: true, reason: null }],
  }) as Partial<OwnCloudPc> as OwnCloudPc;
const adminsOwn = (plan: string, managedDeviceName: string | null) => ({
  pc: {
    id: plan,
    displayName: "Office - User 01",
    servicePlanName: plan,
    managedDeviceName,
  } as Partial<CloudPc> as CloudPc,
  supported: [
    { action: "reprovision", permission: "cloudPCs/reprovision", possible: true, reason: null, choices: null },
  ],
  restorePoints: [],
  servicePlans: [],
  policies: [],
  deleted: [],
});

describe("a confirmation of one of two Cloud PCs of one name", () => {
  it.each([true, false])("names the plan and the computer, and what is typed is its own (built: %s)", (isBuilt) => {
    const of = (plan: string) => [
      ofUser({} as Api, own(plan, isBuilt ? `CPC-${plan}` : null), []).find(({ name }) => name === "reprovision"),
      ofAdmin(adminsOwn(plan, isBuilt ? `CPC-${plan}` : null), async () => ({})).find(
        ({ name }) => name === "reprovision",
      ),
    ];
    const [first, second] = PLANS.map((plan) => of(plan));
    for (const [place, one] of (first ?? []).entries()) {
      expect(one?.typed).toBeDefined();
      expect(one?.typed).not.toBe(second?.[place]?.typed);
      expect(Object.values(one?.of ?? {})).toEqual(["Office - User 01", "Small", isBuilt ? "CPC-Small" : null]);
    }
    expect(first).toHaveLength(2);
  });

  it("types the computer's name where there is a computer", () => {
    expect(typedOf({ displayName: "Office", servicePlanName: "Small", computerName: "CPC-1" })).toBe("CPC-1");
  });
});
