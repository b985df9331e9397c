import english from "./en/actions.ts";
import { texts } from "./texts.ts";

export const words = texts("actions", english);
