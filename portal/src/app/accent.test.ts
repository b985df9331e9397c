import { describe, expect, it } from "vitest";

import { contrast } from "./accent.ts";
import { THEMES } from "./themes.ts";

const TEXT = 4.5;
const SHAPE = 3;

describe.each(Object.entries(THEMES))("the accent in %s", (_, theme) => {
  const grounds = [theme.colorNeutralBackground1, theme.colorNeutralBackground2, theme.colorNeutralBackground3];

  it("is read as a link on every ground", () => {
    for (const ground of grounds) {
      expect(contrast(theme.colorBrandForegroundLink, ground)).toBeGreaterThanOrEqual(TEXT);
      expect(contrast(theme.colorBrandForeground1, ground)).toBeGreaterThanOrEqual(TEXT);
    }
  });

  it("leaves the red of what destroys readable", () => {
    for (const ground of grounds.slice(0, 2)) {
      expect(contrast(theme.colorStatusDangerForeground1, ground)).toBeGreaterThanOrEqual(TEXT);
    }
  });

  it("is read on a button, at rest and under the pointer", () => {
    for (const ground of [
      theme.colorBrandBackground,
      theme.colorBrandBackgroundHover,
      theme.colorBrandBackgroundPressed,
    ]) {
      expect(contrast(theme.colorNeutralForegroundOnBrand, ground)).toBeGreaterThanOrEqual(TEXT);
    }
  });

  it("is seen as a line or a bar, and so is the series beside it", () => {
    for (const ground of grounds.slice(0, 2)) {
      expect(contrast(theme.colorCompoundBrandStroke, ground)).toBeGreaterThanOrEqual(SHAPE);
    }
  });

  it("is read on the tint of an icon's tile", () => {
    expect(contrast(theme.colorBrandForeground2, theme.colorBrandBackground2)).toBeGreaterThanOrEqual(TEXT);
  });
});
