import english from "./en/my.ts";
import { texts } from "./texts.ts";

export const words = texts("my", english);
