/** The actions on one Cloud PC, as they are offered: the service says which are possible, and why not the others. */

import { titleOf } from "../../api/errors.ts";
import type { Action, Done } from "../../components/action.ts";
import type { Choice, Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { moment } from "../../components/moments.ts";
import { words } from "../../words/cloud-pcs.ts";
import type { CloudPc, RestorePoint, ServicePlan, Supported } from "./api.ts";

export type ActionName = keyof typeof words.actions;

/** The order in which they are offered: what is done often first. */
const ORDER: readonly ActionName[] = [
  "reboot",
  "troubleshoot",
  "retry",
  "reprovisionBuildFirst",
  "reprovision",
  "resize",
  "rename",
  "changeUserAccountType",
  "createSnapshot",
  "restore",
  "rerunStep",
  "extendGrace",
  "holdGrace",
  "releaseGrace",
  "endGracePeriod",
  "confirmRemoval",
];
/** Whoever does these types the name: what they delete does not come back. */
const DESTROYS: ReadonlySet<ActionName> = new Set(["reprovision", "endGracePeriod", "restore"]);

export interface Known {
  readonly pc: CloudPc;
  readonly supported: readonly Supported[];
  readonly restorePoints: readonly RestorePoint[];
  readonly servicePlans: readonly ServicePlan[];
}

/** Return the actions on a Cloud PC. *send*: how each is sent. */
export function actionsOf(known: Known, send: Readonly<Record<string, (values: Values) => Promise<Done>>>): Action[] {
  const said = new Map(known.supported.map((each) => [each.action, each]));
  const isHeld = known.pc["@deskwright.grace"]?.held ?? false;
  return ORDER.flatMap((name) => {
    if (name === (isHeld ? "holdGrace" : "releaseGrace")) {
      return [];
    }
    const asked = said.get(name === "releaseGrace" ? "holdGrace" : name);
    const run = send[name];
    if (asked === undefined || run === undefined) {
      return [];
    }
    const fields = fieldsOf(name, known, asked);
    return [
      {
        name,
        ...words.actions[name],
        permission: null, // the service has looked at the caller's roles
        why: asked.possible ? null : (asked.reason ?? ""),
        ...(DESTROYS.has(name) ? { typed: known.pc.displayName } : {}),
        ...(fields.length > 0 ? { fields } : {}),
        run,
      },
    ];
  });
}

export function accountTypes(): Choice[] {
  return Object.entries(words.accountTypes).map(([value, title]) => ({ value, title }));
}

function fieldsOf(name: ActionName, { pc, restorePoints, servicePlans }: Known, asked: Supported): Field[] {
  const allowed = new Set(asked.choices ?? []);
  switch (name) {
    case "reprovision":
    case "reprovisionBuildFirst":
      return [input("one", "userAccountType", words.fields.accountType, { optional: true, choices: accountTypes() })];
    case "rename":
      return [input("text", "displayName", words.fields.name, { value: pc.displayName, longest: 64 })];
    case "resize": {
      const choices = plansOf(servicePlans.filter(({ id }) => allowed.has(id)));
      return [input("one", "targetServicePlanId", words.fields.plan, { help: words.fields.planHelp, choices })];
    }
    case "changeUserAccountType":
      return [input("one", "userAccountType", words.fields.accountType, { choices: accountTypes(), value: pc.userAccountType })];
    case "restore": {
      const choices = restorePoints
        .filter(({ id }) => allowed.has(id))
        .map((each) => ({ value: each.id, title: `${moment(each.createdDateTime)} (${titleOf(each.snapshotType).toLowerCase()})` }));
      return [input("one", "cloudPcSnapshotId", words.fields.restorePoint, { choices })];
    }
    case "rerunStep": {
      const choices = [...allowed].map((value) => ({ value, title: titleOf(value) }));
      return [input("one", "step", words.fields.step, { optional: true, choices, help: words.fields.everyStep })];
    }
    case "extendGrace":
      return [input("number", "hours", words.fields.hours, { value: 48, minimum: 1, maximum: 8_760 })];
    default:
      return [];
  }
}

export function plansOf(plans: readonly ServicePlan[]): Choice[] {
  return plans.map((plan) => ({ value: plan.id, title: plan.displayName ?? plan.id }));
}
