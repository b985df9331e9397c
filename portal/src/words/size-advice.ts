import english from "./en/size-advice.ts";
import { texts } from "./texts.ts";

export const words = texts("sizeAdvice", english);
