import { expect, it } from "vitest";

import { sentence } from "./sentence.ts";

it.each([
  ["it has no restore point", "It has no restore point."],
  ["It is there.", "It is there."],
  ["required", "Required."],
  ["cloudPcId is unknown", "cloudPcId is unknown."],
  ["", ""],
  [null, ""],
])("writes %j as a sentence", (clause, written) => {
  expect(sentence(clause)).toBe(written);
});
