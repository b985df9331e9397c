import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import type { components } from "../../api/schema.d.ts";
import { words } from "../../words/spot-groups.ts";
import { HOST_COLORS, countsOf, movedOf, placeOf, versionBefore } from "./host-state.ts";
import type { Release, SessionHost } from "./types.ts";

type HostState = components["schemas"]["HostState"];
type HostStatus = components["schemas"]["HostStatus"];

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, { readonly enum?: readonly string[] }>> };
}
const { schemas } = (JSON.parse(readFileSync("../docs/openapi.json", "utf-8")) as Document).components;
const STATES = (schemas["HostState"]?.enum ?? []) as HostState[];
const STATUSES = (schemas["HostStatus"]?.enum ?? []) as HostStatus[];

function host(given: Partial<SessionHost> = {}): SessionHost {
  const image = { imageSetId: "set", imageVersion: "0.0.0" };
  return {
    status: "ready",
    state: "running",
    allowNewSession: true,
    activeSessions: 0,
    disconnectedSessions: 0,
    ...image,
    ...given,
  } as SessionHost;
}

describe("placeOf", () => {
  it.each(STATES)("shows that a built host is %s, with a word and a color", (state) => {
    const place = placeOf(host({ state }));
    expect([place, words.places[place], HOST_COLORS[place]]).toEqual([state, expect.any(String), expect.any(String)]);
  });

  it.each(STATUSES.filter((status) => status !== "ready"))(
    "shows that a host is %s, whatever its machine does",
    (status) => {
      const place = placeOf(host({ status, state: "running" }));
      expect([place, words.places[place], HOST_COLORS[place]]).toEqual([
        status,
        expect.any(String),
        expect.any(String),
      ]);
    },
  );

  it("paints only a host green that takes new sessions", () => {
    const green = STATES.flatMap((state) =>
      [true, false]
        .filter((allowNewSession) => HOST_COLORS[placeOf(host({ state, allowNewSession }))] === "success")
        .map((open) => [state, open]),
    );
    expect(green).toEqual([["running", true]]);
  });

  it("knows a host that nobody has seen, one that drains, and one that is closed", () => {
    expect(placeOf(host({ state: null }))).toBe("unknown");
    expect(placeOf(host({ allowNewSession: false, disconnectedSessions: 1 }))).toBe("draining");
    expect(placeOf(host({ allowNewSession: false }))).toBe("closed");
  });
});

describe("countsOf", () => {
  it("says how many do what", () => {
    expect(countsOf([host({ state: "stopped" }), host(), host({ state: "stopped" })])).toBe("1 open, 2 stopped");
  });
});

const NEW = { imageSetId: "set", imageVersion: "0.0.1" };
const OLD = { imageSetId: "set", imageVersion: "0.0.0" };

describe("movedOf", () => {
  it("counts hosts of the new version, and sessions on the others", () => {
    const hosts = [
      host({ ...NEW, activeSessions: 2 }),
      host({ ...NEW, status: "building" }),
      host({ activeSessions: 3, disconnectedSessions: 1 }),
      host({ status: "removing", activeSessions: 1 }),
    ];
    expect(movedOf(hosts, NEW)).toEqual({ moved: 1, hosts: 3, sessionsLeft: 5 });
  });
});

function release(image: object, before: object): Release {
  return { image, before } as Release;
}

describe("versionBefore", () => {
  it("is there after a release, during one, and after going back", () => {
    expect(versionBefore([release(NEW, OLD)], NEW)).toEqual(OLD);
    expect(versionBefore([release(OLD, NEW), release(NEW, OLD)], OLD)).toEqual(NEW);
  });
  it("is not there without a release, or when hosts were only renewed", () => {
    expect(versionBefore([], NEW)).toBeNull();
    expect(versionBefore([release(NEW, NEW)], NEW)).toBeNull();
  });
});
