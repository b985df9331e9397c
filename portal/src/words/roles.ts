import english from "./en/roles.ts";
import { texts } from "./texts.ts";

export const words = texts("roles", english);
