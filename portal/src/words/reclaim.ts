import english from "./en/reclaim.ts";
import { texts } from "./texts.ts";

export const words = texts("reclaim", english);
