import { webDarkTheme, webLightTheme, type Theme } from "@fluentui/react-components";
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

const KEPT = "deskwright.theme";
const DARK = "(prefers-color-scheme: dark)";
export const CHOICES = ["system", "light", "dark"] as const;
export type Choice = (typeof CHOICES)[number];

interface Chosen {
  readonly choice: Choice;
  readonly theme: Theme;
  choose(choice: Choice): void;
}

const ThemeContext = createContext<Chosen | null>(null);

/** Light, dark, or as the system has it; the choice is kept in this browser. */
export function ThemeProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [choice, setChoice] = useState<Choice>(kept);
  const systemIsDark = useSyncExternalStore(onSystemChange, () => matchMedia(DARK).matches);
  const choose = useCallback((next: Choice) => {
    localStorage.setItem(KEPT, next);
    setChoice(next);
  }, []);
  const isDark = choice === "dark" || (choice === "system" && systemIsDark);
  const chosen = useMemo(
    () => ({ choice, choose, theme: isDark ? webDarkTheme : webLightTheme }),
    [choice, choose, isDark],
  );
  return <ThemeContext value={chosen}>{children}</ThemeContext>;
}

export function useTheme(): Chosen {
  const chosen = use(ThemeContext);
  if (chosen === null) {
    throw new Error("useTheme is called outside of ThemeProvider");
  }
  return chosen;
}

function kept(): Choice {
  const found = CHOICES.find((each) => each === localStorage.getItem(KEPT));
  return found ?? "system";
}

function onSystemChange(changed: () => void): () => void {
  const media = matchMedia(DARK);
  media.addEventListener("change", changed);
  return () => media.removeEventListener("change", changed);
}
