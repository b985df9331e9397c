import { describe, expect, it } from "vitest";

import type { Action } from "./action.ts";
import { ordered } from "./ordered.ts";

function action(name: string, given: Partial<Action> = {}): Action {
  return { name, title: name, permission: null, run: async () => ({}), ...given };
}

describe("ordered", () => {
  it("offers what is possible first and what destroys last, and keeps the order otherwise", () => {
    const actions = [
      action("restart", { why: "it has failed" }),
      action("delete", { typed: "CPC-1" }),
      action("retry"),
      action("reset", { typed: "CPC-1", why: "it has failed" }),
      action("rename"),
    ];
    expect(ordered(actions, ({ why }) => why ?? null).map(({ name }) => name)).toEqual([
      "retry",
      "rename",
      "restart",
      "delete",
      "reset",
    ]);
  });
});
