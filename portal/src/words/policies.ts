import english from "./en/policies.ts";
import { texts } from "./texts.ts";

export const words = texts("policies", english);
