import english from "./en/support-access.ts";
import { texts } from "./texts.ts";

export const words = texts("support-access", english);
