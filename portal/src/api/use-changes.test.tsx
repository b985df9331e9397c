// @vitest-environment jsdom
import { act, screen } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { rendered } from "../testing/rendered.tsx";
import { AWAY_AFTER, TICKS } from "./live.ts";
import { useOne } from "./read.ts";
import { useChanges } from "./use-changes.ts";

const CHANGES = "/tenants/contoso/changes";
const SITES = "/tenants/contoso/sites";
const OPERATION = "/tenants/contoso/operations/o1";

let versions: Record<string, string>;
let status: string;

beforeEach(() => {
  vi.useFakeTimers();
  versions = { sites: "1", operations: "1" };
  status = "succeeded";
});
afterEach(() => vi.useRealTimers());

function Page(): ReactElement {
  useChanges("contoso");
  const sites = useOne("/tenants/{tenant}/sites", { tenant: "contoso" });
  const operation = useOne(
    "/tenants/{tenant}/operations/{id}",
    { tenant: "contoso", id: "o1" },
    { runs: (it) => it.status === "running" },
  );
  return <p>{`${sites.data?.value.length} ${operation.data?.status}`}</p>;
}

/** Open the page; return what was asked since the last time, without the query of each address. */
async function opened(): Promise<(milliseconds: number) => Promise<string[]>> {
  const asked = rendered(<Page />, ({ path }) => {
    if (path.startsWith(CHANGES)) {
      return { versions };
    }
    return path.startsWith(SITES) ? { value: [] } : { id: "o1", status };
  });
  let seen = 0;
  const after = async (milliseconds: number): Promise<string[]> => {
    await act(() => vi.advanceTimersByTimeAsync(milliseconds));
    const paths = asked.slice(seen).map(({ path }) => path.split("?")[0] ?? "");
    seen = asked.length;
    return paths.toSorted();
  };
  expect(await after(1_000)).toEqual([CHANGES, OPERATION, SITES]);
  return after;
}

test("a page on which nothing happens asks only whether anything has changed", async () => {
  const after = await opened();
  expect(new Set(await after(60_000))).toEqual(new Set([CHANGES]));
});

test("only what has changed is read again", async () => {
  const after = await opened();
  versions = { ...versions, sites: "2" };
  expect(await after(TICKS.usual)).toEqual([CHANGES, SITES]);
  expect(await after(TICKS.usual)).toEqual([CHANGES]);
});

test("a page that waits for something asks more often, and one that nobody touches less often", async () => {
  status = "running";
  const after = await opened();
  const asks = async (milliseconds: number): Promise<number> =>
    (await after(milliseconds)).filter((path) => path === CHANGES).length;
  expect(await asks(60_000)).toBe(60_000 / TICKS.waiting);
  await after(AWAY_AFTER);
  expect(await asks(4 * TICKS.away)).toBe(4);
  dispatchEvent(new Event("keydown"));
  expect(await asks(100)).toBe(1);
});

test("where nobody tells of changes everything is read every minute", async () => {
  const asked = rendered(<Page />, ({ path }) =>
    path.startsWith(SITES) ? { value: [] } : path.startsWith(OPERATION) ? { id: "o1", status } : undefined,
  );
  await act(() => vi.advanceTimersByTimeAsync(61_000));
  expect(asked.filter(({ path }) => path === SITES)).toHaveLength(2);
  expect(screen.getByText("0 succeeded")).toBeTruthy();
});
