import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { titleOf } from "../api/errors.ts";
import { duration, moment } from "./moments.ts";
import { barsOf } from "./timeline.ts";

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly startedAt: string;
  readonly endedAt?: string | null;
  readonly outcome?: string | null;
  /** What else is known: an error, a note. */
  readonly detail?: string | null;
}

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0, display: "grid", rowGap: tokens.spacingVerticalS },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(160px, 30%) minmax(0, 1fr) minmax(120px, 18%)",
    columnGap: tokens.spacingHorizontalM,
    alignItems: "center",
    "@media (max-width: 640px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  track: { position: "relative", height: "12px", backgroundColor: tokens.colorNeutralBackground4 },
  bar: { position: "absolute", top: 0, bottom: 0, backgroundColor: tokens.colorBrandBackground },
  failed: { backgroundColor: tokens.colorStatusDangerBackground3 },
  detail: { gridColumn: "1 / -1", color: tokens.colorNeutralForeground2, overflowWrap: "anywhere" },
});

/** The steps of some work as bars on one line of time; the words beside each bar say the same. */
export function TimelineView({ steps, now }: { readonly steps: readonly Step[]; readonly now: number }): ReactElement {
  const styles = useStyles();
  const spans = steps.map((step) => ({
    start: Date.parse(step.startedAt),
    end: step.endedAt ? Date.parse(step.endedAt) : null,
  }));
  const bars = barsOf(spans, now);
  return (
    <ol className={styles.list}>
      {steps.map((step, index) => {
        const bar = bars[index];
        const span = spans[index];
        return (
          <li key={step.id} className={styles.row}>
            <span>{step.title}</span>
            <span className={styles.track} aria-hidden="true">
              {bar !== undefined && (
                <span
                  className={mergeClasses(styles.bar, step.outcome === "failed" && styles.failed)}
                  style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
                />
              )}
            </span>
            <span title={moment(step.startedAt)}>
              {span === undefined ? "" : duration((span.end ?? now) - span.start)}
              {step.outcome ? ` - ${titleOf(step.outcome).toLowerCase()}` : ""}
            </span>
            {step.detail ? <span className={styles.detail}>{step.detail}</span> : null}
          </li>
        );
      })}
    </ol>
  );
}
