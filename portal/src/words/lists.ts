import english from "./en/lists.ts";
import { texts } from "./texts.ts";

export const words = texts("lists", english);
