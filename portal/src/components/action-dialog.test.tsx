// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { expect, test, vi, type Mock } from "vitest";

import { rendered } from "../testing/rendered.tsx";
import { ActionDialog } from "./action-dialog.tsx";
import type { Action } from "./action.ts";

const RESET: Action = {
  name: "reset",
  title: "Reset",
  permission: null,
  text: "Everything on it is lost.",
  of: { plan: "2 vCPU, 8 GB", computer: "CPC-ADA-1" },
  typed: "CPC-ADA-1",
  run: async () => ({}),
};

function asked(action: Action): Mock<() => void> {
  const onSend = vi.fn<() => void>();
  rendered(
    <ActionDialog action={action} problems={new Map()} isBusy={false} onSend={onSend} onClose={() => undefined} />,
    () => undefined,
  );
  return onSend;
}

test("a confirmation shows which thing it is for, and wants what no other thing has", async () => {
  const onSend = asked(RESET);
  expect(screen.getByText("2 vCPU, 8 GB")).toBeTruthy();
  expect(screen.getByText("CPC-ADA-1")).toBeTruthy();
  const send = screen.getByRole("button", { name: "Reset" });
  await userEvent.type(screen.getByRole("textbox"), "CPC-ADA-2{Enter}");
  expect([send.getAttribute("aria-disabled"), onSend.mock.calls.length]).toEqual(["true", 0]);
  await userEvent.clear(screen.getByRole("textbox"));
  await userEvent.type(screen.getByRole("textbox"), "CPC-ADA-1");
  await userEvent.click(send);
  expect(onSend).toHaveBeenCalledOnce();
});
