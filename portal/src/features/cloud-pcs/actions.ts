/** The actions on one Cloud PC, as they are offered: the service says which are possible, and why not the others. */

import { ACTIONS } from "../../api/actions.ts";
import { at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { phraseOf, titleOf } from "../../api/errors.ts";
import { labelOf } from "../../components/field-facts.ts";
import { entered, sent, type Action, type Done, type Preview } from "../../components/action.ts";
import type { Choice, Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { CLOUD_PC_ICONS } from "../../components/cloud-pc-icons.ts";
import { shownOf, typedOf } from "../../components/identity.ts";
import { moment } from "../../components/moments.ts";
import { words } from "../../words/cloud-pcs.ts";
import { words as scheduleWords } from "../../words/power-schedules.ts";
import type { CloudPc, DeletedCloudPc, NamedPolicy, RestorePoint, ServicePlan, Supported } from "./api.ts";

/** Letting a grace period go on is the action that holds it, with another body. */
export type ActionName = keyof typeof ACTIONS.cloudPCs | "releaseGrace";

/** In the order of their words: what is done often first. */
const ORDER = Object.keys(words.actions) as ActionName[];

export function factsOf(name: ActionName): {
  readonly path: string;
  readonly destroys: boolean;
  readonly bulk: boolean;
} {
  return ACTIONS.cloudPCs[serviceName(name)];
}

function serviceName(name: ActionName): keyof typeof ACTIONS.cloudPCs {
  return name === "releaseGrace" ? "holdGrace" : name;
}

/** Fields that nobody is asked for. */
const FIXED: Partial<Record<ActionName, object>> = {
  reprovisionBuildFirst: { buildFirst: true },
  holdGrace: { held: true },
  releaseGrace: { held: false },
};

export function sendAction(api: Api, tenant: string, id: string, name: ActionName, values: Values): Promise<Done> {
  const body = { ...values, ...FIXED[name] };
  const action = factsOf(name).path;
  return sent(
    api.POST(action as "/tenants/{tenant}/cloudPCs/{id}/rerunStep", {
      params: { path: { ...at(tenant), id } },
      body: entered(body),
    }),
  );
}

export interface Known {
  readonly pc: CloudPc;
  readonly supported: readonly Supported[];
  readonly restorePoints: readonly RestorePoint[];
  readonly servicePlans: readonly ServicePlan[];
  readonly policies: readonly NamedPolicy[];
  readonly deleted: readonly DeletedCloudPc[];
}

/** Return the actions on a Cloud PC. *send*: how one is sent. */
export function actionsOf(known: Known, send: (name: ActionName, values: Values) => Promise<Done>): Action[] {
  const said = new Map(known.supported.map((each) => [each.action, each]));
  const named = { ...known.pc, computerName: known.pc.managedDeviceName };
  const isHeld = known.pc["@deskwright.grace"]?.held ?? false;
  return ORDER.flatMap((name) => {
    if (name === (isHeld ? "holdGrace" : "releaseGrace")) {
      return [];
    }
    const asked = said.get(serviceName(name));
    if (asked === undefined) {
      return [];
    }
    const fields = fieldsOf(name, known, asked);
    return [
      {
        name,
        ...words.actions[name],
        icon: CLOUD_PC_ICONS[name],
        permission: null, // the service has looked at the caller's roles
        why: asked.possible ? null : (asked.reason ?? ""),
        of: shownOf(named),
        ...(factsOf(name).destroys ? { typed: typedOf(named) } : {}),
        ...(fields.length > 0 ? { fields } : {}),
        ...(name === "applySettings" ? { preview: () => Promise.resolve(appliedSettings(asked)) } : {}),
        ...(isFromDisk(name) ? { preview: (values: Values) => Promise.resolve(fromDisk(name, known, values)) } : {}),
        run: (values: Values) => send(name, values),
      },
    ];
  });
}

export function accountTypes(): Choice[] {
  return Object.entries(words.accountTypes).map(([value, title]) => ({ value, title }));
}

function stopActions(): Choice[] {
  return Object.entries(scheduleWords.stopActions).map(([value, title]) => ({ value, title }));
}

function isFromDisk(name: ActionName): name is "undelete" | "handOver" {
  return name === "undelete" || name === "handOver";
}

function appliedSettings({ choices }: Supported): Preview {
  return { summary: words.applied, lines: (choices ?? []).map((each) => labelOf(each)) };
}

/** Say whose disk comes to whom, and what is lost. */
function fromDisk(name: "undelete" | "handOver", { pc, deleted }: Known, { deletedCloudPcId }: Values): Preview {
  const disk = deleted.find(({ id }) => id === deletedCloudPcId);
  const { fromDisk: texts } = words;
  if (disk === undefined) {
    return { summary: texts.choose, lines: [] };
  }
  const { displayName, userPrincipalName: user, managedDeviceName: computer, diskSizeInGB } = disk;
  return {
    summary: texts.summary({ computer, user: pc.userPrincipalName }),
    lines: [
      texts.disk({
        name: displayName,
        user,
        when: disk.deletedDateTime ? moment(disk.deletedDateTime) : "-",
        size: diskSizeInGB,
      }),
      texts.lost({ computer: pc.managedDeviceName ?? pc.displayName }),
      ...(name === "handOver" ? [texts.seen({ owner: user, user: pc.userPrincipalName })] : []),
    ],
  };
}

function diskTitle({ userPrincipalName: user, managedDeviceName: computer, deletedDateTime }: DeletedCloudPc): string {
  return words.fromDisk.choice({ user, computer, when: deletedDateTime ? moment(deletedDateTime) : "-" });
}

function fieldsOf(
  name: ActionName,
  { pc, restorePoints, servicePlans, policies, deleted }: Known,
  asked: Supported,
): Field[] {
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
    case "resizeTemporarily": {
      const choices = plansOf(servicePlans.filter(({ id }) => allowed.has(id)));
      return [
        input("one", "targetServicePlanId", words.fields.plan, { optional: true, choices }),
        input("moment", "untilDateTime", words.fields.sizeUntil, { optional: true }),
      ];
    }
    case "moveToPolicy": {
      const choices = choicesOf(policies.filter(({ id }) => allowed.has(id)));
      return [input("one", "provisioningPolicyId", words.fields.policy, { help: words.fields.policyHelp, choices })];
    }
    case "undelete":
    case "handOver": {
      const choices = deleted
        .filter(({ id }) => allowed.has(id))
        .map((each) => ({ value: each.id, title: diskTitle(each) }));
      return [input("one", "deletedCloudPcId", words.fields.deletedCloudPc, { choices })];
    }
    case "changeUserAccountType":
      return [
        input("one", "userAccountType", words.fields.accountType, {
          choices: accountTypes(),
          value: pc.userAccountType,
        }),
      ];
    case "restore": {
      const choices = restorePoints
        .filter(({ id }) => allowed.has(id))
        .map((each) => ({
          value: each.id,
          title: `${moment(each.createdDateTime)} (${phraseOf(each.snapshotType)})`,
        }));
      return [input("one", "cloudPcSnapshotId", words.fields.restorePoint, { choices })];
    }
    case "rerunStep": {
      const choices = [...allowed].map((value) => ({ value, title: titleOf(value) }));
      return [input("one", "step", words.fields.step, { optional: true, choices, help: words.fields.everyStep })];
    }
    case "powerOff":
    case "stop":
      return [input("switch", "force", words.fields.force, { optional: true, value: false })];
    case "keepAwake":
      return [input("number", "hours", words.fields.awake, { value: 2, minimum: 0, maximum: 72 })];
    case "overridePowerSchedule":
      return [
        input("one", "stopAction", words.fields.stopAction, { optional: true, choices: stopActions() }),
        input("number", "signedOffInMinutes", words.fields.signedOff, { optional: true, minimum: 5, maximum: 1440 }),
        input("number", "disconnectedInMinutes", words.fields.disconnected, {
          optional: true,
          minimum: 5,
          maximum: 1440,
        }),
        input("text", "timeZone", words.fields.zone, { optional: true }),
        input("moment", "untilDateTime", words.fields.until, { optional: true }),
      ];
    case "extendGrace":
      return [input("number", "hours", words.fields.hours, { value: 48, minimum: 1, maximum: 8_760 })];
    default:
      return [];
  }
}

export function plansOf(plans: readonly ServicePlan[]): Choice[] {
  return plans.map((plan) => ({ value: plan.id, title: plan.displayName ?? plan.id }));
}

export function choicesOf(policies: readonly NamedPolicy[]): Choice[] {
  return policies.map(({ id, displayName }) => ({ value: id, title: displayName ?? id }));
}
