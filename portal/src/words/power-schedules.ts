import english from "./en/power-schedules.ts";
import { texts } from "./texts.ts";

export const words = texts("power-schedules", english);
