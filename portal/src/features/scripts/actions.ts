/** What can be done with the apps and scripts of a tenant. */

import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import type { RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { sent, type Action } from "../../components/action.ts";
import type { Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { words } from "../../words/scripts.ts";
import { decoded, encoded } from "./content.ts";

export const PATH = `${ROOT}/deviceManagementScripts` as const;
export type Script = RowOf<typeof PATH>;
type Form = components["schemas"]["ScriptForm"];
type Kind = "script" | "app";

/** Lists have no text of a script, so that a script is what has no package. */
export function kindOf({ packageId }: Pick<Script, "packageId">): Kind {
  return packageId ? "app" : "script";
}

const { fields } = words;

/** What a field begins with; a field of which nothing is known begins empty. */
function valued(value: string | null | undefined): { readonly value?: string } {
  return value ? { value } : {};
}

function fieldsOf(kind: Kind, row?: Script): Field[] {
  return [
    input("text", "displayName", fields.name, { help: fields.nameHelp, longest: 120, ...valued(row?.displayName) }),
    input("text", "description", fields.description, { optional: true, longest: 1500, ...valued(row?.description) }),
    ...(kind === "script"
      ? [
          input("long", "scriptContent", fields.content, {
            help: fields.contentHelp,
            ...valued(row?.scriptContent ? decoded(row.scriptContent) : null),
          }),
        ]
      : [
          input("text", "packageId", fields.packageId, {
            help: fields.packageIdHelp,
            longest: 128,
            ...valued(row?.packageId),
          }),
          input("text", "packageVersion", fields.packageVersion, {
            help: fields.packageVersionHelp,
            optional: true,
            longest: 64,
            ...valued(row?.packageVersion),
          }),
        ]),
  ];
}

function textOf(value: Values[string]): string {
  return typeof value === "string" ? value : "";
}

function bodyOf(kind: Kind, { displayName, description, scriptContent, packageId, packageVersion }: Values): Form {
  const said = { displayName: textOf(displayName), description: textOf(description) };
  return kind === "script"
    ? { ...said, scriptContent: encoded(textOf(scriptContent)), packageId: null, packageVersion: null }
    : {
        ...said,
        scriptContent: null,
        packageId: textOf(packageId),
        packageVersion: textOf(packageVersion) || null,
      };
}

/** Make a script, or name an app. */
export function creations(api: Api, tenant: string): readonly Action[] {
  return (["script", "app"] as const).map((kind) => ({
    name: "create",
    ...(kind === "script" ? words.actions.createScript : words.actions.createApp),
    permission: "deviceManagementScripts/create",
    fields: fieldsOf(kind),
    run: async (values) => {
      await api.POST(PATH, { params: { path: at(tenant) }, body: bodyOf(kind, values) });
      return {};
    },
  }));
}

/** What can be done with one. *row*: with its text, *policies*: how many run it. */
export function actionsOf(api: Api, tenant: string, row: Script, policies: number): readonly Action[] {
  const place = { params: { path: { ...at(tenant), id: row.id } } };
  const kind = kindOf(row);
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "deviceManagementScripts/update",
      fields: fieldsOf(kind, row),
      run: (values) => sent(api.PATCH(`${PATH}/{id}`, { ...place, body: bodyOf(kind, values) })),
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "deviceManagementScripts/delete",
      why: policies > 0 ? words.usedBy({ count: policies }) : null,
      typed: row.displayName,
      leaveTo: `/t/${tenant}/scripts`,
      run: () => sent(api.DELETE(`${PATH}/{id}`, place)),
    },
  ];
}
