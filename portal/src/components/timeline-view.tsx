import { Caption1, Caption1Strong, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Fragment, createElement, type ReactElement } from "react";

import { phraseOf } from "../api/errors.ts";
import { words } from "../words/shell.ts";
import { clockTicks } from "./clock-ticks.ts";
import { duration, moment } from "./moments.ts";
import { iconOf } from "./status-icon.ts";
import { ownColorOf, type Color } from "./status-color.ts";
import { barsOf, wholeOf } from "./timeline.ts";
import { region } from "../words/language.ts";

export interface Step {
  readonly id: string;
  readonly title: string;
  readonly startedAt: string;
  readonly endedAt?: string | null;
  readonly outcome?: string | null;
  /** What else is known: an error, a note. */
  readonly detail?: string | null;
  /** What it belongs to, such as an attempt: steps that follow each other with the same one stand together. */
  readonly group?: string;
}

/** As many labels of the clock as there is room for. */
const MOST_TICKS = 4;
const NARROW = "@media (max-width: 640px)";

const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0, display: "grid", rowGap: tokens.spacingVerticalS },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(160px, 30%) minmax(0, 1fr) minmax(150px, 22%)",
    columnGap: tokens.spacingHorizontalM,
    alignItems: "center",
    [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  axis: { [NARROW]: { display: "none" } },
  scale: { gridColumn: 2, position: "relative", height: "20px", color: tokens.colorNeutralForeground2 },
  tick: { position: "absolute", transform: "translateX(-50%)", whiteSpace: "nowrap" },
  zone: { color: tokens.colorNeutralForeground2 },
  group: {
    marginTop: tokens.spacingVerticalM,
    paddingTop: tokens.spacingVerticalS,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  first: { marginTop: 0, borderTop: "none" },
  name: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalXS },
  icon: { display: "flex", flexShrink: 0 },
  success: { color: tokens.colorStatusSuccessForeground1 },
  danger: { color: tokens.colorStatusDangerForeground1 },
  warning: { color: tokens.colorStatusWarningForeground1 },
  informative: { color: tokens.colorBrandForeground1 },
  track: {
    position: "relative",
    height: "12px",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground4,
  },
  bar: {
    position: "absolute",
    top: 0,
    bottom: 0,
    borderRadius: tokens.borderRadiusSmall,
    backgroundColor: tokens.colorCompoundBrandBackground,
    "@media (forced-colors: active)": { backgroundColor: "Highlight" },
  },
  failed: { backgroundColor: tokens.colorStatusDangerBackground3 },
  times: { fontVariantNumeric: "tabular-nums" },
  detail: { gridColumn: "1 / -1", color: tokens.colorNeutralForeground2, overflowWrap: "anywhere" },
});

const clock = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" });
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The steps of some work as bars on one line of time, with the reader's clock; the words beside each bar say the same. */
export function TimelineView({ steps, now }: { readonly steps: readonly Step[]; readonly now: number }): ReactElement {
  const styles = useStyles();
  const spans = steps.map((step) => ({
    start: Date.parse(step.startedAt),
    end: step.endedAt ? Date.parse(step.endedAt) : null,
  }));
  const bars = barsOf(spans, now);
  return (
    <ol className={styles.list}>
      {steps.length > 0 && <Axis whole={wholeOf(spans, now)} />}
      {steps.map((step, index) => {
        const bar = bars[index];
        const span = spans[index];
        const isNew = step.group !== undefined && step.group !== steps[index - 1]?.group;
        const status = step.outcome ?? "running";
        const color: Color = ownColorOf(status) ?? "informative";
        return (
          <Fragment key={step.id}>
            {isNew && (
              <li className={mergeClasses(styles.group, index === 0 && styles.first)}>
                <Caption1Strong>{step.group}</Caption1Strong>
              </li>
            )}
            <li className={styles.row}>
              <span className={styles.name}>
                <span className={mergeClasses(styles.icon, styles[color])} aria-hidden="true">
                  {createElement(iconOf(status, color))}
                </span>
                <span>{step.title}</span>
              </span>
              <span className={styles.track} aria-hidden="true">
                {bar !== undefined && (
                  <span
                    className={mergeClasses(styles.bar, status === "failed" && styles.failed)}
                    style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
                  />
                )}
              </span>
              <span className={styles.times} title={moment(step.startedAt)}>
                {span === undefined ? "" : `${clock.format(span.start)}, ${duration((span.end ?? now) - span.start)}`}
                {step.outcome ? ` - ${phraseOf(step.outcome)}` : ""}
              </span>
              {step.detail ? <span className={styles.detail}>{step.detail}</span> : null}
            </li>
          </Fragment>
        );
      })}
    </ol>
  );
}

function Axis({ whole: [begin, end] }: { readonly whole: readonly [number, number] }): ReactElement {
  const styles = useStyles();
  return (
    <li className={mergeClasses(styles.row, styles.axis)}>
      <Caption1 className={styles.zone}>{words.inZone({ zone })}</Caption1>
      <span className={styles.scale} aria-hidden="true">
        {clockTicks(begin, end, MOST_TICKS).map((tick) => (
          <Caption1 key={tick} className={styles.tick} style={{ left: `${((tick - begin) / (end - begin)) * 100}%` }}>
            {clock.format(tick)}
          </Caption1>
        ))}
      </span>
    </li>
  );
}
