import english from "./en/notice-endpoints.ts";
import { texts } from "./texts.ts";

export const words = texts("notice-endpoints", english);
