import english from "./en/audit.ts";
import { texts } from "./texts.ts";

export const words = texts("audit", english);
