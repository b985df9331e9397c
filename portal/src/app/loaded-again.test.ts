import { describe, expect, it } from "vitest";

import { mayLoadAgain } from "./loaded-again.ts";

describe("mayLoadAgain", () => {
  it("is once a minute at most", () => {
    expect([mayLoadAgain(0, 100_000), mayLoadAgain(100_000, 159_999), mayLoadAgain(100_000, 160_000)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
