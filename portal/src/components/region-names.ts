/** Regions as people know them: `West Europe` for `westeurope`. */

import { REGIONS } from "../api/regions.ts";

/** Return the name of a region; what has none, such as a text that somebody has written, stays as it is. */
export function regionName(code: string): string {
  return REGIONS[code] ?? code;
}

/** Return the names of regions in one line; a dash for none. */
export function regionNames(codes: readonly string[]): string {
  return codes.map((each) => regionName(each)).join(", ") || "-";
}
