import { describe, expect, it } from "vitest";

import type { Wizard } from "./api.ts";
import { enteredOf, offeredOf } from "./entered.ts";

const TEXT = { type: "string" };
const STEPS = [
  {
    name: "general",
    title: "General",
    choices: { siteId: [{ value: "main", title: "Main" }], groupIds: [{ value: "g1", title: "Crew" }] },
    schema: {
      type: "object",
      required: ["displayName"],
      properties: {
        displayName: { ...TEXT, title: "Name" },
        siteId: { ...TEXT, title: "Site" },
        groupIds: { type: "array", items: TEXT, title: "Groups" },
        sso: { type: "boolean", title: "Single sign-on" },
        note: { ...TEXT, title: "Note" },
        account: {
          type: "object",
          title: "Account",
          properties: { user: { ...TEXT, title: "User" }, password: { ...TEXT, title: "Password", writeOnly: true } },
        },
        seats: { type: "object", title: "Seats", additionalProperties: { type: "integer" } },
        phases: {
          type: "array",
          title: "Phases",
          items: { type: "object", properties: { days: { type: "integer", title: "Days" } } },
        },
      },
    },
  },
  { name: "review", title: "Review", choices: {}, schema: null },
] as unknown as Wizard["steps"];

describe("enteredOf", () => {
  it("shows every field by its label, and every choice by its title", () => {
    const form = {
      general: {
        displayName: "Office",
        siteId: "main",
        groupIds: ["g1"],
        sso: false,
        account: { user: "join", password: "secret!" },
        seats: { E5: 3 },
        phases: [{ days: 1 }, { days: 2 }],
      },
    };
    const [general, ...others] = enteredOf(STEPS, form, offeredOf({}, STEPS));
    expect(others).toEqual([]);
    expect(general?.rows.map(({ label, text }) => `${label} = ${text}`)).toEqual([
      "Name = Office",
      "Site = Main",
      "Groups = Crew",
      "Single sign-on = No",
      "Note = Not set",
      "Account: User = join",
      "Account: Password = Entered",
      "Seats = E5: 3",
      "Phases = Days: 1; Days: 2",
    ]);
  });

  it("knows the title of what a search has found before", () => {
    const [first] = STEPS;
    const later = [
      { ...first, choices: { siteId: [], groupIds: [{ value: "g2", title: "Others" }] } },
    ] as unknown as Wizard["steps"];
    const [general] = enteredOf(later, { general: { groupIds: ["g1", "g2"] } }, offeredOf(offeredOf({}, STEPS), later));
    expect(general?.rows.find(({ label }) => label === "Groups")?.text).toBe("Crew, Others");
  });
});
