import english from "./en/charts.ts";
import { texts } from "./texts.ts";

export const words = texts("charts", english);
