import english from "./en/codes.ts";
import { texts } from "./texts.ts";

export const words = texts("codes", english);
