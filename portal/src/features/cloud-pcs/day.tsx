import { Caption1, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CalendarClock20Regular } from "@fluentui/react-icons/svg/calendar-clock";
import { lazy, type ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { useOne, type RowOf } from "../../api/read.ts";
import { clockOf, zoneOf } from "../../components/chart-words.ts";
import { clockTicks } from "../../components/clock-ticks.ts";
import { DetailView } from "../../components/detail-view.tsx";
import { duration } from "../../components/moments.ts";
import { Section } from "../../components/section.tsx";
import { SIDES, TimeFigure } from "../../components/time-figure.tsx";
import { words } from "../../words/cloud-pcs.ts";
import { sentence } from "../../words/sentence.ts";
import { placeAtMoment } from "./stretches.ts";

const PATH = `${ROOT}/cloudPCs/{id}/usageTimeline` as const;
export type Stretch = RowOf<typeof PATH>;
type State = Stretch["state"];

/** Loaded when somebody wants to see the numbers. */
const StretchTable = lazy(async () => ({ default: (await import("./stretch-table.tsx")).StretchTable }));

/** In pixels. */
const FLOOR = 64;
const HEIGHT = 90;
/** In pixels; states differ by their heights as well as by their colours. */
const HEIGHTS: Readonly<Record<State, number>> = { inUse: 56, disconnected: 38, on: 22, off: 4 };
const STATES = Object.keys(HEIGHTS) as State[];
const BETWEEN = 70;
const MINUTE = 60_000;
const SECOND = 1_000;
const FORCED = "@media (forced-colors: active)";

const useStyles = makeStyles({
  svg: { display: "block", width: "100%", height: `${HEIGHT}px` },
  line: { stroke: tokens.colorNeutralStroke3, [FORCED]: { stroke: "GrayText" } },
  label: { fill: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, fontFamily: tokens.fontFamilyBase },
  entry: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalXS },
  inUse: { fill: tokens.colorCompoundBrandBackground, [FORCED]: { fill: "Highlight" } },
  disconnected: { fill: tokens.colorPaletteBerryForeground1, [FORCED]: { fill: "CanvasText" } },
  on: { fill: tokens.colorBrandBackground2Pressed, [FORCED]: { fill: "GrayText" } },
  off: { fill: tokens.colorNeutralForeground3, [FORCED]: { fill: "GrayText" } },
  read: { stroke: tokens.colorNeutralForeground1, strokeWidth: "2px", [FORCED]: { stroke: "Highlight" } },
});

/** The last 24 hours of a Cloud PC: when it was in use, disconnected, on or off, and why. */
export function DayOfCloudPc({ tenant, id }: { readonly tenant: string; readonly id: string }): ReactElement {
  const query = useOne(PATH, { tenant, id });
  return (
    <Section title={words.day} icon={CalendarClock20Regular}>
      <DetailView query={query} isPart>
        {({ value }) => (value.length === 0 ? <p>{words.noUse}</p> : <DayFigure stretches={value} />)}
      </DetailView>
    </Section>
  );
}

function DayFigure({ stretches }: { readonly stretches: readonly Stretch[] }): ReactElement {
  const styles = useStyles();
  const spans = stretches.map(spanOf);
  const [begin, end] = [spans[0]?.begin ?? 0, spans.at(-1)?.end ?? 1];
  return (
    <TimeFigure
      label={words.day}
      count={stretches.length}
      first={stretches.length - 1}
      read={(place) => readingOf(stretches[place])}
      placeAt={(share) => placeAtMoment(spans, begin + share * (end - begin))}
      draw={(width, at) => <Plot width={width} stretches={stretches} begin={begin} end={end} at={at} />}
      legend={STATES.map((state) => (
        <li key={state} className={styles.entry}>
          <svg width="12" height="14" aria-hidden="true">
            <rect y={14 - HEIGHTS[state] / 4} width="12" height={HEIGHTS[state] / 4} className={styles[state]} />
          </svg>
          <Caption1>{words.useStates[state]}</Caption1>
        </li>
      ))}
      zone={zoneOf(MINUTE)}
      table={<StretchTable stretches={stretches} />}
    />
  );
}

interface Drawn {
  readonly width: number;
  readonly stretches: readonly Stretch[];
  readonly begin: number;
  readonly end: number;
  readonly at: number | null;
}

function Plot({ width, stretches, begin, end, at }: Drawn): ReactElement {
  const styles = useStyles();
  const inner = Math.max(1, width - SIDES.left - SIDES.right);
  const x = (time: number): number => SIDES.left + ((time - begin) / Math.max(1, end - begin)) * inner;
  return (
    <svg className={styles.svg} aria-hidden="true">
      <line x1={SIDES.left} x2={width - SIDES.right} y1={FLOOR} y2={FLOOR} className={styles.line} />
      {stretches.map((each, place) => {
        const span = spanOf(each);
        return (
          <rect
            key={each.intervalStartDateTime}
            x={x(span.begin)}
            width={Math.max(1, x(span.end) - x(span.begin))}
            y={FLOOR - HEIGHTS[each.state]}
            height={HEIGHTS[each.state]}
            className={mergeClasses(styles[each.state], place === at && styles.read)}
          />
        );
      })}
      {clockTicks(begin, end, Math.max(2, Math.floor(inner / BETWEEN))).map((time) => (
        <text key={time} x={x(time)} y={HEIGHT - 8} textAnchor="middle" className={styles.label}>
          {clockOf(MINUTE).format(time)}
        </text>
      ))}
    </svg>
  );
}

function spanOf({ intervalStartDateTime, intervalEndDateTime }: Stretch): { begin: number; end: number } {
  return { begin: Date.parse(intervalStartDateTime), end: Date.parse(intervalEndDateTime) };
}

function readingOf(stretch: Stretch | undefined): string {
  if (stretch === undefined) {
    return "";
  }
  const { begin, end } = spanOf(stretch);
  const clock = clockOf(MINUTE);
  const said = words.stretch({
    from: clock.format(begin),
    to: clock.format(end),
    length: duration(Math.round((end - begin) / SECOND) * SECOND),
    state: words.useStates[stretch.state],
  });
  return [said, sentence(stretch.reason)].filter(Boolean).join(" ");
}
