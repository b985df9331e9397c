import english from "./en/images.ts";
import { texts } from "./texts.ts";

export const words = texts("images", english);
