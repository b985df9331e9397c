import type { Done } from "./action.ts";

/** What is carried to the page to which an action leaves. */
export interface Carried {
  readonly title: string;
  readonly done: Done;
}

/** Its name in the state of that page. */
export const CARRIED = "done";
