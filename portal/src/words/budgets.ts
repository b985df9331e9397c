import english from "./en/budgets.ts";
import { texts } from "./texts.ts";

export const words = texts("budgets", english);
