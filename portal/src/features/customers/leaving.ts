/**
 * Let a customer go by the API, round by round: each does what is possible now and keeps no state of its own, so that
 * it can be broken off and begun again. The service deletes a tenant only when its scan for orphans has found nothing.
 */

import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { ApiError } from "../../api/errors.ts";
import { readAll } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered } from "../../components/action.ts";
import { words } from "../../words/customers.ts";

const { leaving } = words;

/** What has to go before sites, in this order. */
const KINDS = ["provisioningPolicies", "deviceImages", "imageSets", "userSettings", "onPremisesConnections"] as const;
type Kind = (typeof KINDS)[number];
export type Counted = "cloudPCs" | "spotGroups" | Kind | "sites";
export type Counts = Readonly<Record<Counted, number>>;

export interface Leaving {
  readonly api: Api;
  readonly tenant: string;
  /** Whether grace periods are ended; else the users keep their Cloud PCs until these are over. */
  readonly endsGrace: boolean;
  /** What was asked for before, and takes its time. */
  readonly asked: Set<string>;
  readonly note: (text: string) => void;
}

export interface Round {
  readonly isGone: boolean;
  /** What stands in the way; empty when nothing does. */
  readonly waits: string;
}

const GONE = 404;
const CONFLICT = 409;
const ENDED = "notProvisioned";

interface Named {
  readonly id: string;
  readonly displayName?: string | null;
}

/** Count what is there. */
export async function countOf(api: Api, tenant: string): Promise<Counts> {
  const place = { tenant };
  const [pcs, groups, policies, images, sets, settings, connections, sites] = await Promise.all([
    readAll(api, `${ROOT}/cloudPCs`, place),
    readAll(api, `${ROOT}/spotGroups`, place),
    readAll(api, `${ROOT}/provisioningPolicies`, place),
    readAll(api, `${ROOT}/deviceImages`, place),
    readAll(api, `${ROOT}/imageSets`, place),
    readAll(api, `${ROOT}/userSettings`, place),
    readAll(api, `${ROOT}/onPremisesConnections`, place),
    readAll(api, "/tenants/{tenant}/sites", place),
  ]);
  return {
    cloudPCs: pcs.filter(({ status }) => status !== ENDED).length,
    spotGroups: groups.length,
    provisioningPolicies: policies.length,
    deviceImages: images.length,
    imageSets: sets.length,
    userSettings: settings.length,
    onPremisesConnections: connections.length,
    sites: sites.length,
  };
}

/** Do what is possible now. */
export async function goRound(who: Leaving): Promise<Round> {
  await takePeople(who);
  const counts = await countOf(who.api, who.tenant);
  if (counts.cloudPCs + counts.spotGroups > 0) {
    return { isGone: false, waits: leftOf(counts, ["cloudPCs", "spotGroups"]) };
  }
  for (const kind of KINDS) {
    if (counts[kind] > 0) {
      // One kind at a time: the next one is in use until this one is gone.
      // oxlint-disable-next-line no-await-in-loop
      const said = await takeKind(who, kind);
      return { isGone: false, waits: said || leftOf(counts, [kind]) };
    }
  }
  if (counts.sites > 0) {
    const said = await takeSites(who);
    return { isGone: false, waits: said || leftOf(counts, ["sites"]) };
  }
  const said = await ask(() => who.api.DELETE("/tenants/{tenant}", { params: { path: { tenant: who.tenant } } }));
  return { isGone: said === "", waits: said };
}

/** Return the kinds of which there is something, with their numbers. */
export function leftOf(counts: Counts, kinds: readonly Counted[]): string {
  const there = kinds.filter((kind) => counts[kind] > 0);
  return leaving.left({ kinds: there.map((kind) => `${counts[kind]} ${leaving.kinds[kind]}`).join(", ") });
}

/** Let security groups go with their networks, target nobody any more, confirm what the removal brake holds, end the grace periods where that is meant. */
async function takePeople(who: Leaving): Promise<void> {
  const { api, tenant } = who;
  await one(who, [{ id: tenant }], "securityGroups", async () => {
    const body = entered<components["schemas"]["TenantChange"]>({ settings: { removeSecurityGroups: true } });
    await api.PATCH("/tenants/{tenant}", { params: { path: { tenant } }, body }); // what it leaves out stays
    who.note(leaving.withNetworks);
  });
  await one(
    who,
    await readAll(api, `${ROOT}/provisioningPolicies`, { tenant }),
    "assign",
    async ({ id, displayName }) => {
      await api.POST(`${ROOT}/provisioningPolicies/{id}/assign`, {
        params: { path: { ...at(tenant), id } },
        body: { assignments: [] },
      });
      who.note(leaving.unassigned({ name: displayName ?? id }));
    },
  );
  await one(who, await readAll(api, `${ROOT}/spotGroups`, { tenant }), "delete", async ({ id, displayName }) => {
    const params = { path: { ...at(tenant), id }, query: { confirm: "true" } };
    await api.DELETE(`${ROOT}/spotGroups/{id}`, { params });
    who.note(leaving.deleted({ kind: leaving.kinds.spotGroups, name: displayName ?? id }));
  });
  for (const { cloudPcId: id } of await readAll(api, "/tenants/{tenant}/removals", { tenant })) {
    // One after the other: the service answers each at once.
    // oxlint-disable-next-line no-await-in-loop
    const said = await ask(() =>
      api.POST("/tenants/{tenant}/cloudPCs/{id}/confirmRemoval", { params: { path: { tenant, id } } }),
    );
    if (said === "") {
      who.note(leaving.confirmed({ id }));
    }
  }
  if (!who.endsGrace) {
    return;
  }
  for (const { id, status } of await readAll(api, `${ROOT}/cloudPCs`, { tenant })) {
    if (status === "inGracePeriod") {
      // oxlint-disable-next-line no-await-in-loop
      const said = await ask(() =>
        api.POST(`${ROOT}/cloudPCs/{id}/endGracePeriod`, { params: { path: { ...at(tenant), id } } }),
      );
      if (said === "") {
        who.note(leaving.ended({ id }));
      }
    }
  }
}

async function takeKind(who: Leaving, kind: Kind): Promise<string> {
  const { api, tenant } = who;
  const remove: Readonly<Record<Kind, (id: string) => Promise<unknown>>> = {
    provisioningPolicies: (id) =>
      api.DELETE(`${ROOT}/provisioningPolicies/{id}`, { params: { path: { ...at(tenant), id } } }),
    deviceImages: (id) => api.DELETE(`${ROOT}/deviceImages/{id}`, { params: { path: { ...at(tenant), id } } }),
    imageSets: (id) => api.DELETE(`${ROOT}/imageSets/{id}`, { params: { path: { ...at(tenant), id } } }),
    userSettings: (id) => api.DELETE(`${ROOT}/userSettings/{id}`, { params: { path: { ...at(tenant), id } } }),
    onPremisesConnections: (id) =>
      api.DELETE(`${ROOT}/onPremisesConnections/{id}`, { params: { path: { ...at(tenant), id } } }),
  };
  const rows = (await readAll(api, `${ROOT}/${kind}` as `${typeof ROOT}/userSettings`, { tenant })) as readonly Named[];
  return one(who, rows, kind, async ({ id, displayName }) => {
    await remove[kind](id);
    who.note(leaving.deleted({ kind: leaving.kinds[kind], name: displayName ?? id }));
  });
}

async function takeSites(who: Leaving): Promise<string> {
  const { api, tenant } = who;
  return one(who, await readAll(api, "/tenants/{tenant}/sites", { tenant }), "sites", async ({ id, displayName }) => {
    await api.DELETE("/tenants/{tenant}/sites/{site}", { params: { path: { tenant, site: id } } });
    who.note(leaving.deleted({ kind: leaving.kinds.sites, name: displayName ?? id }));
  });
}

/** Do something once with each row; what is refused for now is tried again in the next round. Return what was said last. */
async function one(
  who: Leaving,
  rows: readonly Named[],
  what: string,
  act: (row: Named) => Promise<unknown>,
): Promise<string> {
  let said = "";
  for (const row of rows) {
    const key = `${what} ${row.id}`;
    if (!who.asked.has(key)) {
      // oxlint-disable-next-line no-await-in-loop
      const refused = await ask(() => act(row));
      said = refused || said;
      if (refused === "") {
        who.asked.add(key);
      }
    }
  }
  return said;
}

/** Send a request. Return why it is not possible now; empty when it was done, or what it is about is gone. */
async function ask(send: () => Promise<unknown>): Promise<string> {
  try {
    await send();
    return "";
  } catch (error) {
    if (error instanceof ApiError && error.status === GONE) {
      return "";
    }
    if (error instanceof ApiError && error.status === CONFLICT) {
      return error.message;
    }
    throw error;
  }
}
