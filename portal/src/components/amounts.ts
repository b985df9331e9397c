/** Amounts of money as people read them. */

import { region } from "../words/language.ts";

/** Where an amount comes from: its currency, and why there is none where no price is known. */
interface Priced {
  readonly currency: string;
  readonly reason?: string | null;
}

/** Write an amount in its currency; where no price is known, why. */
export function amount(value: number | null | undefined, { currency, reason }: Priced): string {
  return typeof value === "number"
    ? new Intl.NumberFormat(region, { style: "currency", currency }).format(value)
    : (reason ?? "-");
}
