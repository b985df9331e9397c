import { describe, expect, it } from "vitest";

import type { Wizard } from "./api.ts";
import { withoutSecrets } from "./draft.ts";

const SECRET = { type: "string", writeOnly: true };
const ACCOUNT = { type: "object", properties: { user: { type: "string" }, password: SECRET } };
const STEPS = [
  {
    name: "credentials",
    schema: {
      type: "object",
      properties: {
        domain: { anyOf: [ACCOUNT, { type: "null" }] },
        others: { type: "array", items: ACCOUNT },
        named: { type: "object", additionalProperties: ACCOUNT },
        key: SECRET,
      },
    },
  },
] as unknown as Wizard["steps"];

describe("a draft", () => {
  it("has no secret, however deep it lies", () => {
    const account = { user: "u", password: "p" };
    const form = { credentials: { domain: account, others: [account], named: { one: account }, key: "k" } };
    const left = { user: "u" };
    expect(withoutSecrets(STEPS, form)).toEqual({
      credentials: { domain: left, others: [left], named: { one: left } },
    });
  });
});
