/** The color of each severity of alerts. Pure. */

import type { components } from "../../api/schema.d.ts";
import type { Color } from "../../components/status-color.ts";

export const SEVERITY_COLORS: Readonly<Record<components["schemas"]["AlertSeverity"], Color>> = {
  informational: "informative",
  warning: "warning",
  critical: "danger",
};
