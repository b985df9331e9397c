import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

const FORCED = "@media (forced-colors: active)";
const useStyles = makeStyles({
  track: {
    display: "flex",
    height: "8px",
    overflow: "hidden",
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: tokens.colorNeutralBackground5,
    [FORCED]: { border: "1px solid CanvasText" },
  },
  part: { backgroundColor: tokens.colorCompoundBrandBackground, [FORCED]: { backgroundColor: "Highlight" } },
  danger: { backgroundColor: tokens.colorStatusDangerBackground3 },
  warning: { backgroundColor: tokens.colorStatusWarningBackground3 },
  quiet: { backgroundColor: tokens.colorNeutralStroke1 },
});

export interface Part {
  readonly id: string;
  readonly count: number;
  readonly look?: "danger" | "warning" | "quiet";
}

/** Parts of a whole as one bar; the numbers stand beside it. */
export function ShareBar({ parts, whole }: { readonly parts: readonly Part[]; readonly whole: number }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.track} aria-hidden="true">
      {parts
        .filter(({ count }) => count > 0)
        .map(({ id, count, look }) => (
          <span
            key={id}
            className={mergeClasses(styles.part, look && styles[look])}
            style={{ width: `${(100 * count) / Math.max(1, whole)}%` }}
          />
        ))}
    </div>
  );
}
