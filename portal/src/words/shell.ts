import english from "./en/shell.ts";
import { texts } from "./texts.ts";

export const words = texts("shell", english);
