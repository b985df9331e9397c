import english from "./en/form.ts";
import { texts } from "./texts.ts";

export const words = texts("form", english);
