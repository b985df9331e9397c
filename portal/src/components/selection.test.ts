import { describe, expect, it } from "vitest";

import {
  NOTHING,
  everythingOf,
  hiddenOf,
  isChosen,
  keptFor,
  stateOfAll,
  toggleAll,
  toggleRow,
  type Selection,
} from "./selection.ts";

const IDS = ["a", "b", "c", "d"];
const idsOf = (selection: Selection): string[] => IDS.filter((id) => isChosen(selection, id));
const picked = (...ids: string[]): Selection => ({ kind: "picked", ids: new Set(ids) });

describe("toggleRow", () => {
  it("selects one row, and takes it back", () => {
    const once = toggleRow(NOTHING, IDS, 1, null);
    expect(idsOf(once)).toEqual(["b"]);
    expect(idsOf(toggleRow(once, IDS, 1, null))).toEqual([]);
  });

  it.each([
    ["a", 2],
    ["c", 0],
  ])("selects everything between %s and %d", (from, index) => {
    expect(idsOf(toggleRow(picked(from), IDS, index, from))).toEqual(["a", "b", "c"]);
  });

  it("unselects a range when its end was selected", () => {
    expect(idsOf(toggleRow(picked("a", "b", "c"), IDS, 2, "b"))).toEqual(["a"]);
  });

  it("changes one row where the one before is not in the list any more", () => {
    expect(idsOf(toggleRow(NOTHING, IDS, 2, "gone"))).toEqual(["c"]);
  });

  it("makes exceptions of everything", () => {
    expect(idsOf(toggleRow(everythingOf({}), IDS, 2, "b"))).toEqual(["a", "d"]);
  });
});

describe("toggleAll", () => {
  it("selects what is shown, and then unselects it without what is not shown", () => {
    const all = toggleAll(picked("hidden", "a"), IDS);
    expect([stateOfAll(picked("a"), IDS), stateOfAll(all, IDS), hiddenOf(all, IDS)]).toEqual(["mixed", true, 1]);
    expect(toggleAll(all, IDS)).toEqual(picked("hidden"));
  });
});

describe("keptFor", () => {
  it("keeps rows that were clicked under any filter", () => {
    expect(keptFor(picked("a"), { $search: '"ada"' })).toEqual(picked("a"));
  });

  it("clears everything of another filter, and keeps it in another order", () => {
    const all = everythingOf({ $filter: "status eq 'failed'", $orderby: "displayName" });
    expect(keptFor(all, { $filter: "status eq 'failed'", $orderby: "status desc" })).toBe(all);
    expect(keptFor(all, { $filter: "status eq 'failed'", $search: '"ada"' })).toBe(NOTHING);
    expect(keptFor(all, {})).toBe(NOTHING);
  });
});
