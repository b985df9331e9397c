import type { Theme } from "@fluentui/react-components";
import {
  createContext,
  use,
  useCallback,
  useMemo,
  useState,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from "react";

import { DENSITIES, DensityContext, type Density } from "../components/density.ts";
import { COMPACT, THEMES } from "./themes.ts";

const KEPT = "deskwright.theme";
const KEPT_DENSITY = "deskwright.density";
const DARK = "(prefers-color-scheme: dark)";
export const CHOICES = ["system", "light", "dark"] as const;
export type Choice = (typeof CHOICES)[number];

interface Chosen {
  readonly choice: Choice;
  readonly theme: Theme;
  choose(choice: Choice): void;
  readonly density: Density;
  chooseDensity(density: Density): void;
}

const ThemeContext = createContext<Chosen | null>(null);

/** Light, dark, or as the system has it, comfortable or compact; the choices are kept in this browser. */
export function ThemeProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [choice, setChoice] = useState<Choice>(() => kept(KEPT, CHOICES));
  const [density, setDensity] = useState<Density>(() => kept(KEPT_DENSITY, DENSITIES));
  const systemIsDark = useSyncExternalStore(onSystemChange, () => matchMedia(DARK).matches);
  const choose = useCallback((next: Choice) => {
    localStorage.setItem(KEPT, next);
    setChoice(next);
  }, []);
  const chooseDensity = useCallback((next: Density) => {
    localStorage.setItem(KEPT_DENSITY, next);
    setDensity(next);
  }, []);
  const isDark = choice === "dark" || (choice === "system" && systemIsDark);
  const chosen = useMemo(() => {
    const base: Theme = isDark ? THEMES.dark : THEMES.light;
    return { choice, choose, density, chooseDensity, theme: density === "compact" ? { ...base, ...COMPACT } : base };
  }, [choice, choose, density, chooseDensity, isDark]);
  return (
    <ThemeContext value={chosen}>
      <DensityContext value={density}>{children}</DensityContext>
    </ThemeContext>
  );
}

export function useTheme(): Chosen {
  const chosen = use(ThemeContext);
  if (chosen === null) {
    throw new Error("useTheme is called outside of ThemeProvider");
  }
  return chosen;
}

/** Return what was chosen before in this browser; the first choice where nothing was. */
function kept<Each extends string>(name: string, choices: readonly [Each, ...Each[]]): Each {
  return choices.find((each) => each === localStorage.getItem(name)) ?? choices[0];
}

function onSystemChange(changed: () => void): () => void {
  const media = matchMedia(DARK);
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}
