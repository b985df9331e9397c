import { describe, expect, it } from "vitest";

import { problemIn, problemsElsewhere } from "./problems.ts";

const PROBLEMS = new Map([
  ["/place/zones/0", "is no zone"],
  ["/place/zones/2", "is there twice"],
  ["/place", "names no region that has capacity"],
  ["/place/region", "is unknown"],
]);

describe("problems of a form", () => {
  it("are said where one control is for a whole list", () => {
    expect(problemIn(PROBLEMS, "/place/zones")).toBe("Is no zone. Is there twice.");
    expect(problemIn(PROBLEMS, "/place/zone")).toBeUndefined();
  });

  it("are said above the form where no field is theirs", () => {
    expect(problemsElsewhere(PROBLEMS, "/place", [{ name: "zones" }])).toEqual([
      "Names no region that has capacity.",
      "Is unknown.",
    ]);
  });
});
