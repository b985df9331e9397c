/** What people may do with their own Cloud PCs: the service says which, and why not the others. */

import { ACTIONS } from "../../api/actions.ts";
import type { Api } from "../../api/client.ts";
import type { Found, RowOf } from "../../api/read.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import type { Choice, Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import { CLOUD_PC_ICONS } from "../../components/cloud-pc-icons.ts";
import { shownOf, typedOf } from "../../components/identity.ts";
import { moment } from "../../components/moments.ts";
import { words } from "../../words/my.ts";

type OwnName = keyof typeof ACTIONS.me;
type OwnCloudPc = RowOf<"/me/cloudPCs">;
type RestorePoint = Found<"/me/cloudPCs/{id}/restorePoints">["value"][number];

export function actionsOf(api: Api, pc: OwnCloudPc, points: readonly RestorePoint[]): Action[] {
  const place = { params: { path: { id: pc.id } } };
  const said = new Map(pc.actions.map((each) => [each.action, each]));
  const asks: Partial<Record<OwnName, Field[]>> = {
    rename: [input("text", "displayName", words.fields.name, { value: pc.displayName, longest: 64 })],
    restore: [input("one", "cloudPcSnapshotId", words.fields.restorePoint, { choices: choicesOf(points) })],
    keepAwake: [input("number", "hours", words.fields.awake, { value: 2, minimum: 0, maximum: 72 })],
    changeUserAccountType: [input("one", "userAccountType", words.fields.accountType, { choices: accountTypes() })],
  };
  return (Object.keys(words.actions) as OwnName[]).flatMap((name): Action[] => {
    const asked = said.get(name);
    if (asked === undefined) {
      return [];
    }
    const { path: action, destroys } = ACTIONS.me[name];
    const fields = asks[name];
    return [
      {
        name,
        ...words.actions[name],
        icon: CLOUD_PC_ICONS[name],
        permission: `me/${name}`,
        why: asked.possible ? null : (asked.reason ?? ""),
        of: shownOf(pc),
        ...(destroys ? { typed: typedOf(pc) } : {}),
        ...(fields === undefined ? {} : { fields }),
        run: (values) => sent(api.POST(action as "/me/cloudPCs/{id}/rename", { ...place, body: entered(values) })),
      },
    ];
  });
}

function choicesOf(points: readonly RestorePoint[]): Choice[] {
  return points.map(({ id, createdDateTime }) => ({ value: id, title: moment(createdDateTime) }));
}

function accountTypes(): Choice[] {
  return Object.entries(words.accountTypes).map(([value, title]) => ({ value, title }));
}
