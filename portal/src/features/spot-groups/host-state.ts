/** What a session host does now, of its status, its machine's state, and whether it takes new sessions. Pure. */

import type { components } from "../../api/schema.d.ts";
import type { Color } from "../../components/status-color.ts";
import { words } from "../../words/spot-groups.ts";
import type { Release, SessionHost } from "./types.ts";

type Schemas = components["schemas"];
/** Draining and closed are no states of the API: a host of either runs, and takes no new sessions. */
export type HostPlace = Exclude<Schemas["HostStatus"], "ready"> | Schemas["HostState"] | "draining" | "closed";

/** In the order in which they are counted. */
export const HOST_COLORS: Readonly<Record<HostPlace, Color>> = {
  running: "success",
  draining: "warning",
  closed: "warning",
  starting: "informative",
  stopping: "informative",
  pending: "informative",
  building: "informative",
  removing: "informative",
  stopped: "informative",
  hibernated: "informative",
  shutDown: "warning",
  broken: "danger",
  failed: "danger",
  unknown: "warning",
};

type Seen = Pick<SessionHost, "status" | "state" | "allowNewSession" | "activeSessions" | "disconnectedSessions">;

/** Return what a host does now: what its machine does once it is built. */
export function placeOf(host: Seen): HostPlace {
  if (host.status !== "ready") {
    return host.status;
  }
  if (host.state !== "running" || host.allowNewSession !== false) {
    return host.state ?? "unknown";
  }
  return sessionsOn(host) > 0 ? "draining" : "closed";
}

/** Say how many hosts do what, such as `1 open, 3 stopped`. */
export function countsOf(hosts: readonly Seen[]): string {
  const places = hosts.map((host) => placeOf(host));
  const kinds = (Object.keys(HOST_COLORS) as HostPlace[]).filter((kind) => places.includes(kind));
  return kinds
    .map((kind) => `${places.filter((each) => each === kind).length} ${words.places[kind].toLowerCase()}`)
    .join(", ");
}

/** How far a release is: hosts of its version, all hosts that stay, and sessions on hosts of another version. */
export interface Moved {
  readonly moved: number;
  readonly hosts: number;
  readonly sessionsLeft: number;
}

/** Return how far a release is, from the hosts that there are. */
export function movedOf(hosts: readonly SessionHost[], image: Release["image"]): Moved {
  const there = hosts.filter(({ status }) => status !== "removing");
  const isNew = (host: SessionHost): boolean =>
    host.imageSetId === image.imageSetId && host.imageVersion === image.imageVersion;
  const old = hosts.filter((host) => !isNew(host));
  return {
    moved: there.filter((host) => isNew(host) && host.status === "ready").length,
    hosts: there.length,
    sessionsLeft: old.reduce((sum, host) => sum + sessionsOn(host), 0),
  };
}

/** Return the version that a group had before the one that it has now, from its releases, newest first; null: none. */
export function versionBefore(releases: readonly Release[], now: Release["image"]): Release["before"] | null {
  const differs = ({ before }: Release): boolean =>
    before.imageSetId !== now.imageSetId || before.imageVersion !== now.imageVersion;
  return releases.find((each) => differs(each))?.before ?? null;
}

function sessionsOn({ activeSessions, disconnectedSessions }: Seen): number {
  return activeSessions + disconnectedSessions;
}
