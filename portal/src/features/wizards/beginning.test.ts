import { describe, expect, it } from "vitest";

import type { Wizard } from "./api.ts";
import { arrivedAt, beginningOf, changedOf, contextOf } from "./beginning.ts";

type Step = Wizard["steps"][number];

function step(name: string, schema: Record<string, unknown>, values: Record<string, unknown> = {}): Step {
  return { name, title: name, hint: "", schema, choices: {}, choicesCut: {}, choicesErrors: {}, values };
}

const TEXT = { type: "string" };
const STEPS = [
  step("policy", { type: "object", required: ["policyId"], properties: { policyId: TEXT } }, { policyId: "p" }),
  step("detail", { type: "object", properties: { name: TEXT, note: { ...TEXT, default: "none" } } }, { name: "Crew" }),
  step("image", { type: "object", properties: { imageId: TEXT } }, { imageId: "i" }),
];

describe("beginningOf", () => {
  it("has defaults, what the service says, and what the address names", () => {
    expect(beginningOf(STEPS, new URLSearchParams("imageId=other"))).toEqual({
      policy: { policyId: "p" },
      detail: { note: "none", name: "Crew" },
      image: { imageId: "other" },
    });
  });
});

describe("changedOf", () => {
  it("sends what says what is edited, and the steps that were changed", () => {
    const beginning = beginningOf(STEPS, new URLSearchParams());
    const form = { ...beginning, detail: { ...beginning["detail"], name: "Ship" } };
    expect(changedOf(form, beginning, STEPS)).toEqual({
      policy: { policyId: "p" },
      detail: { note: "none", name: "Ship" },
    });
  });
});

describe("contextOf", () => {
  const set = { value: "s", title: "Teachers", hostPoolType: "pooled", sourceVersion: "0.0.0" };
  const steps = [
    { ...step("set", { type: "object", properties: { imageSetId: TEXT } }), choices: { imageSetId: [set] } },
    step("source", { type: "object", properties: { sourceVersion: TEXT } }),
  ];

  it("has what was chosen before, and what is said of it that the form does not ask", () => {
    const form = { set: { imageSetId: "s" }, source: { sourceVersion: "0.0.1" } };
    expect(contextOf(steps, 1, form)).toMatchObject({ imageSetId: "s", hostPoolType: "pooled" });
    expect(contextOf(steps, 1, form)).not.toHaveProperty("sourceVersion");
    expect(contextOf(steps, 0, form)).toEqual({});
  });
});

describe("arrivedAt", () => {
  const taken = { value: "Company", title: "Company", nextVersion: "1.0.1" };
  const steps = [
    { ...step("name", { type: "object", properties: { displayName: TEXT } }), choices: { displayName: [taken] } },
    step("version", { type: "object", properties: { version: TEXT } }, { version: "1.0.0" }),
  ];
  const beginning = beginningOf(steps, new URLSearchParams());
  const version = (form: object) => arrivedAt(steps, 1, { ...beginning, ...form }, beginning)["version"]?.["version"];

  it("offers the next version of a name that is there, and the first one of a new name", () => {
    expect([version({ name: { displayName: "Company" } }), version({ name: { displayName: "New" } })]).toEqual([
      "1.0.1",
      "1.0.0",
    ]);
  });

  it("takes back a version that it has offered for another name", () => {
    expect(version({ name: { displayName: "New" }, version: { version: "1.0.1" } })).toBe("1.0.0");
  });

  it("leaves a version that somebody has written", () => {
    expect(version({ name: { displayName: "Company" }, version: { version: "2.0.0" } })).toBe("2.0.0");
  });
});
