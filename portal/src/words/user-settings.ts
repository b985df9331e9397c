import english from "./en/user-settings.ts";
import { texts } from "./texts.ts";

export const words = texts("user-settings", english);
