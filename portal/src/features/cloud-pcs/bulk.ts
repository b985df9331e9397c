/** The actions that can be done with many Cloud PCs, and what each asks. */

import type { Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import { words } from "../../words/cloud-pcs.ts";
import { accountTypes, plansOf, type ActionName } from "./actions.ts";
import type { ServicePlan } from "./api.ts";

export type BulkName = Exclude<ActionName, "rename" | "reprovisionBuildFirst" | "releaseGrace">;

export interface Bulk {
  readonly name: BulkName;
  /** The permission that it needs, after `cloudPCs/`. */
  readonly permission: string;
  /** Whether something is lost: then the number is typed. */
  readonly destroys: boolean;
}

function bulk(name: BulkName, destroys = false): Bulk {
  return { name, permission: name, destroys };
}

export const BULK: readonly Bulk[] = [
  bulk("reboot"),
  bulk("troubleshoot"),
  bulk("retry"),
  bulk("reprovision", true),
  bulk("resize"),
  bulk("changeUserAccountType"),
  bulk("createSnapshot"),
  bulk("restore", true),
  bulk("rerunStep"),
  bulk("extendGrace"),
  bulk("holdGrace"),
  bulk("endGracePeriod", true),
  bulk("confirmRemoval", true),
];

/** Return what an action asks for; its values are the `parameters` of a bulk action. */
export function parametersOf(name: BulkName, servicePlans: readonly ServicePlan[]): Field[] {
  const { fields, timeRanges } = words;
  switch (name) {
    case "reprovision":
      return [
        input("switch", "buildFirst", fields.buildFirst, { optional: true, value: true }),
        input("one", "userAccountType", fields.accountType, { optional: true, choices: accountTypes() }),
      ];
    case "resize":
      return [input("one", "targetServicePlanId", fields.plan, { help: fields.planHelp, choices: plansOf(servicePlans) })];
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
    case "extendGrace":
      return [input("number", "hours", fields.hours, { value: 48, minimum: 1, maximum: 8_760 })];
    case "holdGrace":
      return [input("switch", "held", fields.hold, { optional: true, value: true })];
    default:
      return [];
  }
}
