/** What people may do with their own Cloud PCs: the service says which, and why not the others. */

import type { Api } from "../../api/client.ts";
import type { Found, RowOf } from "../../api/read.ts";
import { sent, type Action } from "../../components/action.ts";
import type { Choice } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import { moment } from "../../components/moments.ts";
import { words } from "../../words/my.ts";

type OwnCloudPc = RowOf<"/me/cloudPCs">;
type RestorePoint = Found<"/me/cloudPCs/{id}/restorePoints">["value"][number];

export function actionsOf(api: Api, pc: OwnCloudPc, points: readonly RestorePoint[]): Action[] {
  const place = { params: { path: { id: pc.id } } };
  const said = new Map(pc.actions.map((each) => [each.action, each]));
  const offered: Record<string, Pick<Action, "fields" | "run" | "typed">> = {
    reboot: { run: () => sent(api.POST("/me/cloudPCs/{id}/reboot", place)) },
    rename: {
      fields: [input("text", "displayName", words.fields.name, { value: pc.displayName, longest: 64 })],
      run: (values) => sent(api.POST("/me/cloudPCs/{id}/rename", { ...place, body: values as never })),
    },
    troubleshoot: { run: () => sent(api.POST("/me/cloudPCs/{id}/troubleshoot", place)) },
    restore: {
      typed: pc.displayName,
      fields: [input("one", "cloudPcSnapshotId", words.fields.restorePoint, { choices: choicesOf(points) })],
      run: (values) => sent(api.POST("/me/cloudPCs/{id}/restore", { ...place, body: values as never })),
    },
    reprovision: {
      typed: pc.displayName,
      run: () => sent(api.POST("/me/cloudPCs/{id}/reprovision", place)),
    },
    changeUserAccountType: {
      fields: [input("one", "userAccountType", words.fields.accountType, { choices: accountTypes() })],
      run: (values) => sent(api.POST("/me/cloudPCs/{id}/changeUserAccountType", { ...place, body: values as never })),
    },
  };
  return Object.entries(offered).flatMap(([key, more]): Action[] => {
    const name = key as keyof typeof words.actions;
    const asked = said.get(name);
    if (asked === undefined) {
      return [];
    }
    return [{ name, ...words.actions[name], permission: `me/${name}`, why: asked.possible ? null : (asked.reason ?? ""), ...more }];
  });
}

function choicesOf(points: readonly RestorePoint[]): Choice[] {
  return points.map(({ id, createdDateTime }) => ({ value: id, title: moment(createdDateTime) }));
}

function accountTypes(): Choice[] {
  return Object.entries(words.accountTypes).map(([value, title]) => ({ value, title }));
}
