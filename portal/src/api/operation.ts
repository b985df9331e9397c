import type { components } from "./schema.d.ts";

export type Operation = components["schemas"]["Operation"];

/** Return whether an operation goes on. */
export function runs({ status }: Operation): boolean {
  return status === "running" || status === "notStarted";
}

/** Return the id of the operation that an answer names; null when the work was done at once. */
export function operationOf(response: Response): string | null {
  const place = response.headers.get("Operation-Location") ?? response.headers.get("Location") ?? "";
  return /\/operations\/([^/?]+)/.exec(place)?.[1] ?? null;
}
