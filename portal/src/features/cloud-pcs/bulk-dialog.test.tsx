// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";

import { everythingOf, type Selection } from "../../components/selection.ts";
import { rendered } from "../../testing/rendered.tsx";
import { BulkDialog } from "./bulk-dialog.tsx";
import { sentenceOf, targetsOf } from "./bulk-selection.ts";

const PICKED: Selection = { kind: "picked", ids: new Set(["a", "b"]) };
const ALL = everythingOf({ $filter: "status eq 'failed'" });
const ALL_BUT_ONE: Selection = { ...ALL, except: new Set(["c"]) } as Selection;

test.each([
  ["rows that were clicked", PICKED, { cloudPcIds: ["a", "b"] }, "2 "],
  ["all of a filter", ALL, { filter: { where: "status eq 'failed'" }, excludeCloudPcIds: [] }, "All 9 "],
  [
    "all of a filter but one",
    ALL_BUT_ONE,
    { filter: { where: "status eq 'failed'" }, excludeCloudPcIds: ["c"] },
    "All 9 Cloud PCs are selected, except 1",
  ],
])("what is shown as selected is what is sent: %s", async (_, selection, sent, sentence) => {
  expect(sentenceOf(selection, 9, [], ["a", "b"])).toContain(sentence);
  const asked = rendered(
    <BulkDialog tenant="contoso" name="reboot" targets={targetsOf(selection)} onClose={() => undefined} />,
    ({ method }) => (method === "POST" ? { id: "b1", possible: 2, value: [] } : undefined),
  );
  await userEvent.click(screen.getByRole("button", { name: "Preview" }));
  await userEvent.click(await screen.findByRole("button", { name: "Start" }));
  const posts = asked.filter(({ method }) => method === "POST");
  expect(posts).toHaveLength(2); // the dry run, and the start
  for (const { body } of posts) {
    expect(body).toMatchObject({ action: "reboot", ...sent });
  }
});
