import english from "./en/deleted-cloud-pcs.ts";
import { texts } from "./texts.ts";

export const words = texts("deleted-cloud-pcs", english);
