import english from "./en/users.ts";
import { texts } from "./texts.ts";

export const words = texts("users", english);
