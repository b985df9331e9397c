import { createContext, use } from "react";

export const DENSITIES = ["comfortable", "compact"] as const;
/** How close together things are. */
export type Density = (typeof DENSITIES)[number];

export const DensityContext = createContext<Density>("comfortable");

/** Return how close together things are, as the reader has chosen. */
export function useDensity(): Density {
  return use(DensityContext);
}
