import english from "./en/tenants.ts";
import { texts } from "./texts.ts";

export const words = texts("tenants", english);
