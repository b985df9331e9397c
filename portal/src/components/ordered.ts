import type { Action } from "./action.ts";

/** Return actions in the order in which they are offered: what is possible first, of that what destroys last. Pure. */
export function ordered(actions: readonly Action[], whyNot: (action: Action) => string | null): Action[] {
  return actions.toSorted((one, other) => rank(one, whyNot) - rank(other, whyNot));
}

function rank(action: Action, whyNot: (action: Action) => string | null): number {
  return whyNot(action) !== null ? 2 : destroys(action) ? 1 : 0;
}

/** Return whether an action destroys something: then something is typed before. */
export function destroys({ typed }: Action): boolean {
  return typed !== undefined;
}
