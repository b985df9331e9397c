/** The themes: light and dark, each with the accent, and how much room there is between things. */

import { createDarkTheme, createLightTheme, type Theme } from "@fluentui/react-components";

import { ACCENT } from "./accent.ts";

const dark = createDarkTheme(ACCENT);

export const THEMES = {
  light: createLightTheme(ACCENT),
  // As Fluent's own dark theme does: the accent of text and of lines is lighter on a dark ground.
  dark: {
    ...dark,
    colorBrandForeground1: ACCENT[110],
    colorBrandForeground2: ACCENT[120],
    colorBrandForegroundLink: ACCENT[110],
    colorBrandForegroundLinkHover: ACCENT[120],
    colorBrandForegroundLinkPressed: ACCENT[100],
    colorCompoundBrandStroke: ACCENT[100],
    // The red of Fluent's dark theme is too dark for text on a card.
    colorStatusDangerForeground1: dark.colorStatusDangerForeground2,
  },
} satisfies Record<string, Theme>;

/** Room between things, in a compact page. */
export const COMPACT: Partial<Theme> = {
  spacingVerticalS: "4px",
  spacingVerticalM: "8px",
  spacingVerticalL: "10px",
  spacingVerticalXL: "12px",
  spacingVerticalXXL: "16px",
  spacingHorizontalL: "12px",
  spacingHorizontalXL: "16px",
  spacingHorizontalXXL: "16px",
};
