import english from "./en/use.ts";
import { texts } from "./texts.ts";

export const words = texts("use", english);
