import english from "./en/spot-groups.ts";
import { texts } from "./texts.ts";

export const words = texts("spot-groups", english);
