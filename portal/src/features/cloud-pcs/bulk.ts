/** The actions that can be done with many Cloud PCs, and what each asks. */

import type { ACTIONS } from "../../api/actions.ts";
import type { Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import { words } from "../../words/cloud-pcs.ts";
import { accountTypes, choicesOf, factsOf, plansOf, type ActionName } from "./actions.ts";
import type { NamedPolicy, ServicePlan } from "./api.ts";

type CloudPcActions = typeof ACTIONS.cloudPCs;
export type BulkName = {
  [Name in keyof CloudPcActions]: CloudPcActions[Name]["bulk"] extends true ? Name : never;
}[keyof CloudPcActions];

/** In the order of their words. */
export const BULK = (Object.keys(words.actions) as ActionName[]).filter(
  (name): name is BulkName => name !== "releaseGrace" && factsOf(name).bulk,
);

/** Return what an action asks for; its values are the `parameters` of a bulk action. */
export function parametersOf(
  name: BulkName,
  servicePlans: readonly ServicePlan[],
  policies: readonly NamedPolicy[],
): Field[] {
  const { fields, timeRanges } = words;
  switch (name) {
    case "reprovision":
      return [
        input("switch", "buildFirst", fields.buildFirst, { optional: true, value: true }),
        input("one", "userAccountType", fields.accountType, { optional: true, choices: accountTypes() }),
      ];
    case "resize":
      return [
        input("one", "targetServicePlanId", fields.plan, { help: fields.planHelp, choices: plansOf(servicePlans) }),
      ];
    case "resizeTemporarily":
      return [
        input("one", "targetServicePlanId", fields.plan, { optional: true, choices: plansOf(servicePlans) }),
        input("moment", "untilDateTime", fields.sizeUntil, { optional: true }),
      ];
    case "moveToPolicy":
      return [
        input("one", "provisioningPolicyId", fields.policy, { help: fields.policyHelp, choices: choicesOf(policies) }),
      ];
    case "changeUserAccountType":
      return [input("one", "userAccountType", fields.accountType, { choices: accountTypes() })];
    case "restore":
      return [
        input("moment", "restorePointDateTime", fields.restoreBefore),
        input("one", "timeRange", fields.timeRange, {
          value: "before",
          choices: Object.entries(timeRanges).map(([value, title]) => ({ value, title })),
        }),
      ];
    case "powerOff":
      return [input("switch", "force", fields.force, { optional: true, value: false })];
    case "keepAwake":
      return [input("number", "hours", fields.awake, { value: 2, minimum: 0, maximum: 72 })];
    case "extendGrace":
      return [input("number", "hours", fields.hours, { value: 48, minimum: 1, maximum: 8_760 })];
    case "holdGrace":
      return [input("switch", "held", fields.hold, { optional: true, value: true })];
    default:
      return [];
  }
}
