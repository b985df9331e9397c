import english from "./en/administrators.ts";
import { texts } from "./texts.ts";

export const words = texts("administrators", english);
