/** How a confirmation says which Cloud PC it is of: people may have several by one name. Pure. */

import { words } from "../words/actions.ts";
import type { Action } from "./action.ts";

interface Named {
  readonly displayName: string;
  readonly servicePlanName: string;
  readonly computerName?: string | null | undefined;
}

/** Return what a dialog shows of a Cloud PC. */
export function shownOf({ displayName, servicePlanName, computerName }: Named): NonNullable<Action["of"]> {
  return { [words.cloudPc]: displayName, [words.plan]: servicePlanName, [words.computer]: computerName ?? null };
}

/** Return what is typed before a Cloud PC is destroyed: no other has it. */
export function typedOf({ displayName, servicePlanName, computerName }: Named): string {
  return computerName ? computerName : `${displayName} (${servicePlanName})`;
}
