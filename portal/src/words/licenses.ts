import english from "./en/licenses.ts";
import { texts } from "./texts.ts";

export const words = texts("licenses", english);
