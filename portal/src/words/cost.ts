import english from "./en/cost.ts";
import { texts } from "./texts.ts";

export const words = texts("cost", english);
