import english from "./en/connections.ts";
import { texts } from "./texts.ts";

export const words = texts("connections", english);
