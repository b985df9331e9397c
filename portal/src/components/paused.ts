import type { components } from "../api/schema.d.ts";
import { words } from "../words/actions.ts";
import { sentence } from "../words/sentence.ts";
import { moment } from "./moments.ts";

/** Return why something is paused, by whom and since when; null where it is not. */
export function pausedText(paused: components["schemas"]["Paused"] | null | undefined): string | null {
  return paused
    ? [sentence(paused.reason), words.pausedBy({ who: paused.by, when: moment(paused.at) })].filter(Boolean).join(" ")
    : null;
}
