import { dataOf, type Api } from "../api/client.ts";
import { titleOf } from "../api/errors.ts";
import { textFor } from "../words/texts.ts";
import { words } from "../words/actions.ts";
import type { components } from "../api/schema.d.ts";
import { entered, type Preview } from "./action.ts";

type Change = components["schemas"]["DryRunForm"];

/** A reason that is one word is a code. */
const CODE = /^\w+$/;

/** Ask the planner what a change of a tenant would do; nothing is written. */
export async function foreseen(api: Api, tenant: string, change: object): Promise<Preview> {
  const asked = api.POST("/tenants/{tenant}/dryRun", { params: { path: { tenant } }, body: entered<Change>(change) });
  const { summary, value, members, complete } = await dataOf(asked);
  const lines = [...value, ...(members?.value ?? [])].map(lineOf);
  return { summary, lines, isComplete: complete };
}

function lineOf({
  userPrincipalName,
  action,
  reason,
}: {
  userPrincipalName: string;
  action: string;
  reason?: string | null;
}): string {
  const said = textFor(words.foreseen, action) ?? titleOf(action);
  const why = reason && CODE.test(reason) ? `${titleOf(reason)}.` : reason;
  return [`${userPrincipalName}: ${said}.`, why].filter(Boolean).join(" ");
}
