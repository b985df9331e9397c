import english from "./en/home.ts";
import { texts } from "./texts.ts";

export const words = texts("home", english);
