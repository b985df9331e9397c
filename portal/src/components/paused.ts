import type { components } from "../api/schema.d.ts";
import { words } from "../words/actions.ts";
import { moment } from "./moments.ts";

/** Return why something is paused, by whom and since when; null where it is not. */
export function pausedText(paused: components["schemas"]["Paused"] | null | undefined): string | null {
  return paused ? [sentence(paused.reason), words.pausedBy(paused.by, moment(paused.at))].filter(Boolean).join(" ") : null;
}

/** Return a text that ends as a sentence does, so that another one can follow. */
export function sentence(text: string | null | undefined): string {
  const said = text?.trim() ?? "";
  return said === "" || /[.!?:]$/.test(said) ? said : `${said}.`;
}
