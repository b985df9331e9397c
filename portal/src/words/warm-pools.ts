import english from "./en/warm-pools.ts";
import { texts } from "./texts.ts";

export const words = texts("warm-pools", english);
