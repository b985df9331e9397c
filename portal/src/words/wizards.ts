import english from "./en/wizards.ts";
import { texts } from "./texts.ts";

export const words = texts("wizards", english);
