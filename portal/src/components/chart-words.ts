/** The numbers and moments of charts as people read them. */

import { words } from "../words/charts.ts";
import { region } from "../words/language.ts";

export const dated = new Intl.DateTimeFormat(region, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const numbers = new Intl.NumberFormat(region, { maximumFractionDigits: 1 });

/** Write a value of a chart; null is one that was not observed. */
export function written(value: number | null | undefined): string {
  return value === null || value === undefined ? words.unknown : numbers.format(value);
}
