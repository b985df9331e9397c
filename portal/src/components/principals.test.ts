import { expect, it } from "vitest";

import { everyName, firstNames } from "./principals.ts";

const named = (...names: (string | null)[]) => names.map((displayName, n) => ({ id: `id-${n}`, displayName }));

it("writes names, and the object id where the directory has none", () => {
  expect(everyName(named("Ada", null, "Night job", "Berlin"))).toBe("Ada, id-1, Night job, Berlin");
});

it("counts the names that do not fit", () => {
  expect(firstNames(named("A", "B", "C"))).toBe("A, B, C");
  expect(firstNames(named("A", "B", "C", "D"))).toBe("A, B, C and 1 more");
});
