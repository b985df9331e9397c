// @vitest-environment jsdom
import { act, screen } from "@testing-library/react";
import { useState, type ReactElement } from "react";
import { expect, test } from "vitest";

import { rendered } from "../testing/rendered.tsx";
import type { Action } from "./action.ts";
import { ActionButtons } from "./action-buttons.tsx";

type Actions = readonly Action[];

const action = (name: string, why: string | null = null): Action => ({
  name,
  title: name,
  permission: null,
  why,
  run: async () => ({}),
});

function Page({
  before,
  tell,
}: {
  readonly before: Actions;
  readonly tell: (show: (after: Actions) => void) => void;
}): ReactElement {
  const [actions, setActions] = useState(before);
  tell(setActions);
  return <ActionButtons actions={actions} begin={() => undefined} />;
}

/** Show the actions of *before*; return what shows others in their place. */
function shown(before: Actions): (after: Actions) => void {
  const shows: ((after: Actions) => void)[] = [];
  rendered(<Page before={before} tell={(show) => shows.push(show)} />, () => undefined);
  return (after) => act(() => shows[0]?.(after));
}

test("a button stays that of its action when another order follows from what is possible", () => {
  const show = shown([action("connect", "Not yet."), action("note")]);
  const [note, connect] = screen.getAllByRole("button");
  expect([note?.textContent, connect?.textContent]).toEqual(["note", "connect"]);
  show([action("connect"), action("note")]);
  expect(screen.getAllByRole("button")).toEqual([connect, note]);
  expect([note?.textContent, connect?.textContent]).toEqual(["note", "connect"]);
});

test("what takes the place of its opposite is the same button", () => {
  const show = shown([action("pause"), action("note")]);
  const button = screen.getByRole("button", { name: "pause" });
  show([action("resume"), action("note")]);
  expect(screen.getByRole("button", { name: "resume" })).toBe(button);
});
