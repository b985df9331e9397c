import english from "./en/bulk-actions.ts";
import { texts } from "./texts.ts";

export const words = texts("bulk-actions", english);
