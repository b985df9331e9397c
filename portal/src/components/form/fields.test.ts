import { describe, expect, it } from "vitest";

import { fieldsOf, fitting, labelOf, reach, type Schema } from "./fields.ts";

const STEP: Schema = {
  type: "object",
  required: ["joinType", "displayName"],
  $defs: {
    JoinType: { type: "string", enum: ["azureADJoin", "hybridAzureADJoin"] },
    Domain: {
      type: "object",
      required: ["password"],
      properties: { password: { type: "string", writeOnly: true, maxLength: 256 } },
    },
    Plan: { type: "object", properties: { vCpuCount: { type: "integer" } } },
    Phase: { type: "object", properties: { begins: { type: "string" } } },
  },
  properties: {
    joinType: { $ref: "#/$defs/JoinType" },
    displayName: { type: "string", title: "Displayname", maxLength: 120 },
    description: { anyOf: [{ type: "string", maxLength: 1000 }, { type: "null" }], default: null },
    domain: { anyOf: [{ $ref: "#/$defs/Domain" }, { type: "null" }], default: null },
    groupIds: { type: "array", items: { type: "string" } },
    subnetIds: { type: "array", items: { type: "string" } },
    phases: { type: "array", items: { $ref: "#/$defs/Phase" } },
    quantity: { type: "integer", minimum: 1, maximum: 500, default: 10 },
    anything: { type: "object" },
    seats: { type: "object", title: "Seats", "x-namedBy": "Licence", additionalProperties: { type: "integer" } },
    spot: {
      type: "object",
      propertyNames: { enum: ["pooled", "personal"] },
      additionalProperties: { type: "integer" },
    },
    plans: { type: "object", additionalProperties: { $ref: "#/$defs/Plan" } },
    frequency: { anyOf: [{ type: "integer", enum: [4, 6] }, { type: "null" }] },
    hibernate: { type: "boolean", default: false },
  },
};

describe("fieldsOf", () => {
  const fields = fieldsOf(STEP, { groupIds: [{ value: "g1", title: "Sales" }] });
  const field = (name: string) => fields.find((each) => each.name === name);

  it("keeps the order of the schema", () => {
    expect(fields.map(({ name }) => name)).toEqual(Object.keys(STEP.properties ?? {}));
  });

  it.each([
    ["joinType", "one"],
    ["displayName", "text"],
    ["description", "long"],
    ["domain", "group"],
    ["groupIds", "several"],
    ["subnetIds", "lines"],
    ["phases", "rows"],
    ["quantity", "number"],
    ["anything", "json"],
    ["seats", "map"],
    ["spot", "map"],
    ["plans", "map"],
    ["frequency", "one"],
    ["hibernate", "switch"],
  ])("reads %s as %s", (name, kind) => {
    expect(field(name)?.kind).toBe(kind);
  });

  it("knows what has to be filled in, and the bounds", () => {
    expect(field("displayName")).toMatchObject({ required: true, longest: 120 });
    expect(field("quantity")).toMatchObject({ required: false, minimum: 1, maximum: 500, value: 10, slides: true });
  });

  it("lets a slider reach far enough, and no further than what is allowed", () => {
    expect([1, 50, 51, 800].map((value) => reach(value, 5_000))).toEqual([50, 50, 500, 5_000]);
    expect(reach(10, 20)).toBe(20);
  });

  it("shows numbers to choose from as texts", () => {
    expect(field("frequency")).toMatchObject({ numeric: true, choices: [{ value: "4" }, { value: "6" }] });
  });

  it("knows what can be emptied", () => {
    expect([field("description")?.nullable, field("displayName")?.nullable]).toEqual([true, false]);
  });

  it("reads the fields of a group with their own pointers", () => {
    expect(field("domain")?.fields).toMatchObject([{ path: "/domain/password", kind: "secret", required: true }]);
  });

  it("offers what the service offers before what the schema lists", () => {
    expect(field("groupIds")?.choices).toEqual([{ value: "g1", title: "Sales" }]);
    expect(field("joinType")?.choices.map(({ value }) => value)).toEqual(["azureADJoin", "hybridAzureADJoin"]);
  });

  it("never asks for the ids of what the tenant has, also while it has none", () => {
    const step = {
      type: "object",
      properties: { connectionIds: { type: "array", items: { type: "string" } }, siteId: { type: "string" } },
    };
    expect(fieldsOf(step, { connectionIds: [] })).toMatchObject([
      { kind: "several", madeBy: "wizards/create-connection" },
      { kind: "one", madeBy: "wizards/create-site" },
    ]);
  });

  it("says which choice is a language, and which cannot be used now", () => {
    const step = { type: "object", properties: { locale: { type: "string" }, connectionId: { type: "string" } } };
    const choices = {
      locale: [{ value: "de-DE", title: "de-DE" }],
      connectionId: [{ value: "c", title: "North", usable: false }],
    };
    const [locale, connection] = fieldsOf(step, choices);
    expect(locale?.choices[0]?.title).toContain("German");
    expect(connection?.choices[0]?.title).toBe("North (not usable now)");
  });

  it("lets people write a name although others are taken", () => {
    const step = { type: "object", properties: { displayName: { type: "string" } } };
    expect(fieldsOf(step, { displayName: [{ value: "Company", title: "Company" }] })).toMatchObject([{ kind: "text" }]);
  });

  it("says which reference leads nowhere", () => {
    expect(() => fieldsOf({ type: "object", properties: { a: { $ref: "#/$defs/None" } } }, {})).toThrow("None");
  });
});

describe("fitting", () => {
  const subnets = [
    { value: "s1", title: "S1", virtualNetworkId: "n1" },
    { value: "s2", title: "S2", virtualNetworkId: "n2" },
  ];

  it("offers what belongs to the value of another field", () => {
    expect(fitting(subnets, { virtualNetworkId: "n2" }).map(({ value }) => value)).toEqual(["s2"]);
  });

  it("offers everything while that is open", () => {
    expect(fitting(subnets, {})).toHaveLength(2);
  });
});

describe("labelOf", () => {
  it.each([
    ["displayName", undefined, "Display name"],
    ["displayName", "Displayname", "Display name"],
    ["displayName", "Name", "Name"],
    ["siteId", "Site of the Cloud PCs", "Site of the Cloud PCs"],
  ])("writes %s (%s) as %s", (name, title, label) => {
    expect(labelOf(name, title)).toBe(label);
  });
});

describe("a map", () => {
  const fields = fieldsOf(STEP, {});
  const map = (name: string) => fields.find((each) => each.name === name);

  it("asks for a name and a value", () => {
    expect(map("seats")?.keys).toMatchObject({ label: "Licence", kind: "text" });
    expect(map("seats")?.fields).toMatchObject([{ name: "", label: "Seats", kind: "number" }]);
  });

  it("offers the names that there are", () => {
    expect(map("spot")?.keys).toMatchObject({ kind: "one", choices: [{ value: "pooled" }, { value: "personal" }] });
  });

  it("asks for each property of a value that is an object", () => {
    expect(map("plans")?.fields).toMatchObject([{ name: "vCpuCount", kind: "number" }]);
  });
});
