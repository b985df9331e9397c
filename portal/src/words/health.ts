import english from "./en/health.ts";
import { texts } from "./texts.ts";

export const words = texts("health", english);
