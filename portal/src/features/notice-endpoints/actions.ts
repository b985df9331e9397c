/** What can be done with an endpoint of notices. */

import type { Api } from "../../api/client.ts";
import { dataOf } from "../../api/client.ts";
import type { Found, RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered, sent, type Action, type Done } from "../../components/action.ts";
import type { Choice, Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { words } from "../../words/notice-endpoints.ts";
import { mailFields, mailOf } from "./mail.ts";

export type Endpoint = Found<"/tenants/{tenant}/noticeEndpoints/{id}">;
export type EventType = RowOf<"/tenants/{tenant}/eventTypes">;
type Form = components["schemas"]["NoticeEndpointForm"];
type Edit = components["schemas"]["NoticeEndpointEdit"];

const ALL = "/tenants/{tenant}/noticeEndpoints" as const;
const ONE = "/tenants/{tenant}/noticeEndpoints/{id}" as const;
const LONGEST = { name: 120, address: 2_000 };

function choicesOf(titles: Readonly<Record<string, string>>): Choice[] {
  return Object.entries(titles).map(([value, title]) => ({ value, title }));
}

function nameField(row?: Endpoint): Field {
  return input("text", "displayName", words.fields.name, {
    longest: LONGEST.name,
    ...(row ? { value: row.displayName } : {}),
  });
}

function fieldsOf(types: readonly EventType[], row?: Endpoint): Field[] {
  const address = input("text", "address", words.fields.address, {
    help: row ? words.fields.addressEditHelp : words.fields.addressHelp,
    optional: row !== undefined,
    longest: LONGEST.address,
  });
  const { email: _mail, users: _users, ...kinds } = words.kinds;
  const kind = input("one", "kind", words.fields.kind, { choices: choicesOf(kinds), value: "webhook" });
  return [
    nameField(row),
    ...(row === undefined ? [kind] : []),
    address,
    input("one", "format", words.fields.format, {
      choices: choicesOf(words.formats),
      value: row?.format ?? "standardWebhooks",
    }),
    ...noticeFields(types, row),
  ];
}

/** Which notices are sent, and in which language. */
function noticeFields(types: readonly EventType[], row?: Endpoint): Field[] {
  return [
    input("several", "eventTypes", words.fields.events, {
      help: words.fields.eventsHelp,
      optional: true,
      choices: types.map(({ type, title }) => ({ value: type, title })),
      value: row?.eventTypes ?? [],
    }),
    input("one", "locale", words.fields.locale, { choices: choicesOf(words.locales), value: row?.locale ?? "en-US" }),
  ];
}

/** Make an endpoint; its secret is shown once. */
export function create(api: Api, tenant: string, types: readonly EventType[]): Action {
  return {
    name: "create",
    ...words.actions.create,
    permission: "noticeEndpoints/create",
    fields: fieldsOf(types),
    run: (values) => posted(api, tenant, entered<Form>(values)),
  };
}

/** Make an endpoint that sends mail. */
export function createMail(api: Api, tenant: string, types: readonly EventType[]): Action {
  return {
    name: "createMail",
    ...words.actions.createMail,
    permission: "noticeEndpoints/create",
    fields: [nameField(), ...mailFields(), ...noticeFields(types)],
    run: (values) => posted(api, tenant, entered<Form>({ ...mailOf(values), kind: "email" })),
  };
}

/** Have users mailed what happens to their own Cloud PCs. */
export function createUsers(api: Api, tenant: string, types: readonly EventType[]): Action {
  return {
    name: "createUsers",
    ...words.actions.createUsers,
    permission: "noticeEndpoints/create",
    fields: [nameField(), ...mailFields(undefined, true), ...noticeFields(personalOf(types))],
    run: (values) => posted(api, tenant, entered<Form>({ ...mailOf(values), kind: "users" })),
  };
}

function personalOf(types: readonly EventType[]): EventType[] {
  return types.filter(({ personal }) => personal);
}

async function posted(api: Api, tenant: string, body: Form): Promise<Done> {
  const { displayName, secret } = await dataOf(api.POST(ALL, { params: { path: { tenant } }, body }));
  return secretOf(displayName, secret);
}

function secretOf(name: string, secret: string | undefined): { secret?: { label: string; text: string } } {
  return secret === undefined ? {} : { secret: { label: words.secret({ name }), text: secret } };
}

/** Return what can be done with one endpoint. */
export function actionsOf(api: Api, tenant: string, types: readonly EventType[], row: Endpoint): Action[] {
  const place = { params: { path: { tenant, id: row.id } } };
  const change = (body: Partial<Edit>) => sent(api.PATCH(ONE, { ...place, body: entered<Edit>(body) }));
  return [
    {
      name: "test",
      ...words.actions.test,
      permission: "noticeEndpoints/test",
      run: async () => {
        const { status, lastStatus, lastError } = await dataOf(api.POST(`${ONE}/test`, place));
        return {
          text:
            status === "delivered"
              ? words.tested({ status: lastStatus ?? "" })
              : words.notTested({ error: lastError ?? lastStatus ?? "" }),
        };
      },
    },
    {
      name: "edit",
      ...words.actions.edit,
      permission: "noticeEndpoints/update",
      ...(row.mail === null
        ? {
            fields: fieldsOf(types, row),
            run: ({ address, ...values }: Values) =>
              change({ ...values, ...(address ? { address: String(address) } : {}) }),
          }
        : {
            fields: [
              nameField(row),
              ...mailFields(row.mail, row.kind === "users"),
              ...noticeFields(row.kind === "users" ? personalOf(types) : types, row),
            ],
            run: (values: Values) => change(mailOf(values)),
          }),
    },
    row.enabled
      ? {
          name: "disable",
          ...words.actions.disable,
          permission: "noticeEndpoints/update",
          run: () => change({ enabled: false }),
        }
      : {
          name: "enable",
          ...words.actions.enable,
          permission: "noticeEndpoints/update",
          run: () => change({ enabled: true }),
        },
    {
      name: "replay",
      ...words.actions.replay,
      permission: "noticeEndpoints/replay",
      fields: [
        input("moment", "since", words.fields.since, { help: words.fields.sinceHelp, optional: true }),
        input("switch", "onlyFailed", words.fields.onlyFailed, { value: true }),
      ],
      run: async ({ since, onlyFailed }) => {
        const body = { since: since ? String(since) : null, onlyFailed: onlyFailed === true };
        const { count } = await dataOf(api.POST(`${ONE}/replay`, { ...place, body: entered(body) }));
        return { text: words.replayed({ count }) };
      },
    },
    {
      name: "rotateKey",
      ...words.actions.rotateKey,
      permission: "noticeEndpoints/rotateKey",
      why: row.kind === "webhook" ? null : words.onlyWebhooks,
      run: async () => {
        const made = await dataOf(api.POST(`${ONE}/rotateKey`, place));
        return secretOf(row.displayName, made.secret);
      },
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "noticeEndpoints/delete",
      typed: row.displayName,
      leaveTo: `/t/${tenant}/notice-endpoints`,
      run: () => sent(api.DELETE(ONE, place)),
    },
  ];
}
