import english from "./en/maintenance-windows.ts";
import { texts } from "./texts.ts";

export const words = texts("maintenance-windows", english);
