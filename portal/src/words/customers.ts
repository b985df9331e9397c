import english from "./en/customers.ts";
import { texts } from "./texts.ts";

export const words = texts("customers", english);
