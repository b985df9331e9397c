import { expect, test } from "vitest";

import { replaced, runningIds } from "./running-rows.ts";

interface Row {
  readonly id: string;
  readonly status: string;
}

const row = (id: string, status: string): Row => ({ id, status });
const runs = ({ status }: Row): boolean => status === "running";

test("only rows that run are asked for, and not more than fit into an address", () => {
  expect(runningIds([row("a", "running"), row("b", "succeeded"), row("c", "running")], runs)).toEqual(["a", "c"]);
  expect(
    runningIds(
      Array.from({ length: 80 }, (_, index) => row(String(index), "running")),
      runs,
    ),
  ).toHaveLength(50);
});

test("fresh rows go to the places of the old ones", () => {
  const pages = [{ value: [row("a", "running")], "@odata.count": 2 }, { value: [row("b", "running")] }];
  const next = replaced(pages, [row("b", "succeeded"), row("gone", "failed")]);
  expect(next).toEqual([{ value: [row("a", "running")], "@odata.count": 2 }, { value: [row("b", "succeeded")] }]);
});
