import type { Action } from "./action.ts";

/** Return actions in the order in which they are offered: what is possible first, and what destroys last, however little else is possible. Pure. */
export function ordered(actions: readonly Action[], whyNot: (action: Action) => string | null): Action[] {
  return actions.toSorted((one, other) => rank(one, whyNot) - rank(other, whyNot));
}

function rank(action: Action, whyNot: (action: Action) => string | null): number {
  return destroys(action) ? 2 : whyNot(action) === null ? 0 : 1;
}

/** Return whether an action destroys something: then something is typed before. */
export function destroys({ typed }: Action): boolean {
  return typed !== undefined;
}

/** Of two opposites one is offered at a time: both are one button, which keeps the focus when it becomes the other. */
const OPPOSITES: Readonly<Record<string, string>> = { resume: "pause", undrain: "drain", include: "exclude" };

/** Return which button an action has among those that are offered: no button becomes one of another action. Pure. */
export function buttonOf({ name }: Action, offered: readonly Action[]): string {
  const opposite = OPPOSITES[name];
  return opposite === undefined || offered.some((each) => each.name === opposite) ? name : opposite;
}
