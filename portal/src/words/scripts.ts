import english from "./en/scripts.ts";
import { texts } from "./texts.ts";

export const words = texts("scripts", english);
