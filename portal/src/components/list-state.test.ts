import { describe, expect, it } from "vitest";

import { orderText, queryOf, quoted, shownOf, stateOf, type Filter } from "./list-state.ts";

const FILTERS: readonly Filter[] = [
  { name: "status", title: "Status", property: "status", choices: [] },
  { name: "plan", title: "Plan", property: "servicePlanId", choices: [] },
];

function queryFrom(address: string, fixed?: Record<string, string>): Record<string, string> {
  return queryOf(stateOf(new URLSearchParams(address), FILTERS), FILTERS, fixed);
}

describe("queryOf", () => {
  it("asks for everything when the address says nothing", () => {
    expect(queryFrom("")).toEqual({});
  });

  it("joins what was chosen, and what the page itself wants", () => {
    expect(queryFrom("status=failed&plan=p1", { $filter: "a eq 'b'", $count: "true" })).toEqual({
      $filter: "status eq 'failed' and servicePlanId eq 'p1' and (a eq 'b')",
      $count: "true",
    });
  });

  it("keeps words of a search apart, and lets none of them be an operator", () => {
    expect(queryFrom('search=ada  "not OR')).toEqual({ $search: '"ada" "not" "OR"' });
  });

  it("orders as the address says", () => {
    expect(queryFrom("order=displayName%20desc")).toEqual({ $orderby: "displayName desc" });
    expect(orderText({ by: "status", descending: false })).toBe("status");
  });
});

describe("quoted", () => {
  it("doubles quotes, so that a name cannot end the text", () => {
    expect(quoted("O'Brien")).toBe("'O''Brien'");
  });
});

describe("shownOf", () => {
  const COLUMNS = [{ id: "name" }, { id: "user" }, { id: "status" }];

  it("leaves out what the address hides, and keeps what names the row", () => {
    const { hidden } = stateOf(new URLSearchParams("hidden=name,user"), FILTERS);
    expect(shownOf(COLUMNS, hidden)).toEqual([{ id: "name" }, { id: "status" }]);
  });

  it("shows all columns when the address hides none, or some that there are not", () => {
    expect(shownOf(COLUMNS, [])).toBe(COLUMNS);
    expect(shownOf(COLUMNS, ["size"])).toEqual(COLUMNS);
  });
});
