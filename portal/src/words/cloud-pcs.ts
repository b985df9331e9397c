import english from "./en/cloud-pcs.ts";
import { texts } from "./texts.ts";

export const words = texts("cloud-pcs", english);
