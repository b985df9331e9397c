import english from "./en/alerts.ts";
import { texts } from "./texts.ts";

export const words = texts("alerts", english);
