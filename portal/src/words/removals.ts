import english from "./en/removals.ts";
import { texts } from "./texts.ts";

export const words = texts("removals", english);
