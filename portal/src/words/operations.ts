import english from "./en/operations.ts";
import { texts } from "./texts.ts";

export const words = texts("operations", english);
