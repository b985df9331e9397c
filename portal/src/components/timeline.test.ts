import { describe, expect, it } from "vitest";

import { barsOf } from "./timeline.ts";

describe("barsOf", () => {
  it("has no bars for no steps", () => {
    expect(barsOf([], 0)).toEqual([]);
  });

  it("places steps one after the other", () => {
    expect(
      barsOf(
        [
          { start: 0, end: 50 },
          { start: 50, end: 100 },
        ],
        100,
      ),
    ).toEqual([
      { left: 0, width: 50 },
      { left: 50, width: 50 },
    ]);
  });

  it("lets a running step end now", () => {
    expect(barsOf([{ start: 0, end: null }], 80)).toEqual([{ left: 0, width: 100 }]);
  });

  it("keeps short steps visible, and inside", () => {
    const bars = barsOf(
      [
        { start: 0, end: 1_000_000 },
        { start: 1_000_000, end: 1_000_000 },
      ],
      1_000_000,
    );
    expect(bars[1]).toEqual({ left: 99.5, width: 0.5 });
  });

  it("draws steps of no length at all", () => {
    expect(barsOf([{ start: 7, end: 7 }], 7)).toEqual([{ left: 0, width: 0.5 }]);
  });
});
