/** Users, groups and applications of a directory, as people know them. Pure. */

import { words } from "../words/lists.ts";

/** What the service says of one: no name where the directory does not know it, or did not answer. */
export interface Principal {
  readonly id: string;
  readonly displayName: string | null;
}

/** The names that fit into a column. */
const SHOWN = 3;

/** Return the names, and the object ids of those without one. */
export function everyName(principals: readonly Principal[]): string {
  return principals.map((each) => nameOf(each)).join(", ");
}

/** Return the first names, and how many more there are. */
export function firstNames(principals: readonly Principal[]): string {
  const first = everyName(principals.slice(0, SHOWN));
  const count = principals.length - SHOWN;
  return count > 0 ? words.andMore({ first, count }) : first;
}

function nameOf({ id, displayName }: Principal): string {
  return displayName ?? id;
}
