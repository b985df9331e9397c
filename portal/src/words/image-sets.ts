import english from "./en/image-sets.ts";
import { texts } from "./texts.ts";

export const words = texts("image-sets", english);
