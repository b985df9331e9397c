import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { ownColorOf } from "./status-color.ts";

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, { readonly enum?: readonly string[] }>> };
}
const { schemas } = (JSON.parse(readFileSync("../docs/openapi.json", "utf-8")) as Document).components;
const STATUSES = Object.entries(schemas).filter(([name]) => name.endsWith("Status"));

describe("every status of the API", () => {
  it.each(STATUSES.filter(([, schema]) => schema.enum !== undefined))("has a color: %s", (_, schema) => {
    expect(schema.enum?.filter((status) => ownColorOf(status) === undefined)).toEqual([]);
  });
});
