/** The colour of the product, from dark to light: each step as light as Fluent's own, so that its contrasts hold. Pure. */

import type { BrandVariants } from "@fluentui/react-components";

export const ACCENT: BrandVariants = {
  10: "#00191d",
  20: "#00262a",
  30: "#003236",
  40: "#003f45",
  50: "#004d54",
  60: "#015b63",
  70: "#00676f",
  80: "#067680",
  90: "#03919d",
  100: "#0aaab8",
  110: "#33b6c4",
  120: "#54c1cd",
  130: "#78cfd9",
  140: "#a2dce3",
  150: "#c2e9ed",
  160: "#e4f5f7",
};

/** Return the contrast of two colours as WCAG computes it, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255),
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(part: number): number {
  return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
