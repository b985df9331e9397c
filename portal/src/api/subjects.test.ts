import { expect, test } from "vitest";

import { ROOT } from "./addresses.ts";
import { changedIn, subjectsOf, tellerOf } from "./subjects.ts";

const PC = [`${ROOT}/cloudPCs/{id}`, { tenant: "contoso", id: "c1" }, {}];

test("the page of one Cloud PC is told of that one, its list of all", () => {
  expect(subjectsOf(PC)).toContain("cloudPCs/c1");
  expect(subjectsOf(PC)).not.toContain("cloudPCs");
  expect(subjectsOf([`${ROOT}/cloudPCs`, { tenant: "contoso" }, {}])).toEqual(["cloudPCs"]);
  expect(subjectsOf(["pages", [`${ROOT}/cloudPCs`, { tenant: "contoso" }, {}]])).toEqual(["cloudPCs"]);
  expect(subjectsOf(["running", [`${ROOT}/cloudPCs`, { tenant: "contoso" }, {}], ["c1"]])).toEqual(["cloudPCs"]);
});

test("what only Azure knows is told by nobody", () => {
  const sessions = [`${ROOT}/spotGroups/{id}/sessions`, { tenant: "contoso", id: "g1" }, {}];
  expect([tellerOf(PC), tellerOf(sessions), tellerOf(["me"]), tellerOf(["/me/cloudPCs", {}, {}])]).toEqual([
    "contoso",
    null,
    null,
    null,
  ]);
  expect(subjectsOf(sessions)).toContain("hosts");
});

test("what has another version has changed", () => {
  expect([...changedIn({ cloudPCs: "1", hosts: "1" }, { cloudPCs: "2", hosts: "1", operations: "1" })]).toEqual([
    "cloudPCs",
    "operations",
  ]);
});

test("a thing that was not asked for before has changed only if anything of its kind has", () => {
  const now = { cloudPCs: "2", "cloudPCs/c1": "2" };
  expect(changedIn({ cloudPCs: "2" }, now).has("cloudPCs/c1")).toBe(false);
  expect(changedIn({ cloudPCs: "1" }, now).has("cloudPCs/c1")).toBe(true);
  expect(changedIn({ cloudPCs: "1", "cloudPCs/c1": "2" }, now).has("cloudPCs/c1")).toBe(false);
});
