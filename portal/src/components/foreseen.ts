import { dataOf, type Api } from "../api/client.ts";
import { titleOf } from "../api/errors.ts";
import { words } from "../words/actions.ts";
import type { components } from "../api/schema.d.ts";
import type { Preview } from "./action.ts";

type Change = Partial<components["schemas"]["DryRunForm"]>;

/** Ask the planner what a change of a tenant would do; nothing is written. */
export async function foreseen(api: Api, tenant: string, change: object): Promise<Preview> {
  const asked = api.POST("/tenants/{tenant}/dryRun", { params: { path: { tenant } }, body: change as Change as never });
  const { summary, value, members } = await dataOf(asked);
  const lines = [...value, ...(members?.value ?? [])].map(lineOf);
  return { summary, lines };
}

function lineOf({ userPrincipalName, action, reason }: { userPrincipalName: string; action: string; reason?: string | null }): string {
  const said = (words.foreseen as Readonly<Record<string, string>>)[action] ?? titleOf(action);
  return [`${userPrincipalName}: ${said}.`, reason].filter(Boolean).join(" ");
}
