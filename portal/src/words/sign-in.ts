import english from "./en/sign-in.ts";
import { texts } from "./texts.ts";

export const words = texts("sign-in", english);
