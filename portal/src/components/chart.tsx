import { Caption1, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { lazy, type ReactElement } from "react";

import { words } from "../words/charts.ts";
import { areaOf, countTicks, lineOf } from "./chart-geometry.ts";
import { clockTicks } from "./clock-ticks.ts";
import { DAY, clockOf, datedOf, written, zoneOf } from "./chart-words.ts";
import { SIDES, TimeFigure } from "./time-figure.tsx";

/** One line of a chart. */
export interface Series {
  readonly id: string;
  readonly title: string;
  /** How it is drawn: a filled area in the accent, or a line, which has a pattern of its own. */
  readonly look: "area" | "dashed" | "second" | "danger";
  /** One for each interval; null where nothing was observed. */
  readonly values: readonly (number | null)[];
}

interface Given {
  readonly label: string;
  /** When the first interval begins, and how long each is, in milliseconds. */
  readonly from: number;
  readonly step: number;
  readonly series: readonly Series[];
  /** What happened in each interval, in words; empty where nothing did. */
  readonly marks?: readonly string[];
}

/** Loaded when somebody wants to see the numbers. */
const ChartTable = lazy(async () => ({ default: (await import("./chart-table.tsx")).ChartTable }));

const HEIGHT = 220;
const EDGE = { ...SIDES, top: 10, bottom: 26 };
/** Pixels between two labels of the clock. */
const BETWEEN = 70;
const FORCED = "@media (forced-colors: active)";
const NO_MARKS: readonly string[] = [];

const useStyles = makeStyles({
  svg: { display: "block", width: "100%", height: `${HEIGHT}px`, overflow: "visible" },
  grid: { stroke: tokens.colorNeutralStroke3, [FORCED]: { stroke: "GrayText" } },
  label: { fill: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, fontFamily: tokens.fontFamilyBase },
  line: { fill: "none", strokeWidth: "2px", [FORCED]: { stroke: "CanvasText" } },
  area: { stroke: tokens.colorCompoundBrandStroke },
  filled: { fill: tokens.colorBrandBackground2, stroke: "none", [FORCED]: { fill: "Canvas" } },
  dashed: { stroke: tokens.colorNeutralForeground3, strokeDasharray: "6 4" },
  second: { stroke: tokens.colorPaletteBerryForeground1, strokeDasharray: "2 3" },
  danger: { stroke: tokens.colorStatusDangerForeground1 },
  cursor: { stroke: tokens.colorNeutralForeground1, strokeDasharray: "3 3", [FORCED]: { stroke: "Highlight" } },
  mark: { fill: tokens.colorPaletteBerryForeground1, [FORCED]: { fill: "CanvasText" } },
  entry: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalXS },
});

/**
 * Numbers over time: axes, the reader's clock, a legend, a cursor for pointer and keyboard, and a table behind it. Where
 * an interval is a day it is one of UTC, as the service counts them.
 */
export function Chart({ label, from, step, series, marks = NO_MARKS }: Given): ReactElement {
  const styles = useStyles();
  const count = Math.max(...series.map(({ values }) => values.length), 0);
  if (count === 0) {
    return <p>{words.none}</p>;
  }
  return (
    <TimeFigure
      label={label}
      count={count}
      first={count - 1}
      read={(place) => readingOf(datedOf(step).format(from + place * step), series, marks[place] ?? "", place)}
      placeAt={(share) => Math.floor(share * count)}
      draw={(width, at) => (
        <Plot width={width} from={from} step={step} count={count} series={series} marks={marks} at={at} />
      )}
      legend={
        <>
          {series.map((each) => (
            <li key={each.id} className={styles.entry}>
              <svg width="22" height="10" aria-hidden="true">
                <line x1="0" x2="22" y1="5" y2="5" className={mergeClasses(styles.line, styles[each.look])} />
              </svg>
              <Caption1>{each.title}</Caption1>
            </li>
          ))}
          {marks.some((each) => each !== "") && (
            <li className={styles.entry}>
              <svg width="10" height="10" aria-hidden="true">
                <path d="M5 1L9 9H1Z" className={styles.mark} />
              </svg>
              <Caption1>{words.marks}</Caption1>
            </li>
          )}
        </>
      }
      zone={zoneOf(step)}
      table={<ChartTable label={label} from={from} step={step} count={count} series={series} marks={marks} />}
    />
  );
}

interface Drawn {
  readonly width: number;
  readonly from: number;
  readonly step: number;
  readonly count: number;
  readonly series: readonly Series[];
  readonly marks: readonly string[];
  readonly at: number | null;
}

function Plot({ width, from, step, count, series, marks, at }: Drawn): ReactElement {
  const styles = useStyles();
  const ticks = countTicks(Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const most = ticks.at(-1) ?? 1;
  const inner = Math.max(1, width - EDGE.left - EDGE.right);
  const floor = HEIGHT - EDGE.bottom;
  const x = (place: number): number => EDGE.left + (place / count) * inner;
  const y = (value: number): number => floor - (value / most) * (floor - EDGE.top);
  const room = Math.max(2, Math.floor(inner / BETWEEN));
  const labels = step < DAY ? clockTicks(from, from + count * step, room) : daysOf(from, count, room);
  return (
    <svg className={styles.svg} aria-hidden="true">
      {ticks.map((value) => (
        <g key={value}>
          <line x1={EDGE.left} x2={width - EDGE.right} y1={y(value)} y2={y(value)} className={styles.grid} />
          <text x={EDGE.left - 6} y={y(value) + 4} textAnchor="end" className={styles.label}>
            {value}
          </text>
        </g>
      ))}
      {labels.map((moment) => (
        <text
          key={moment}
          x={x((moment - from) / step + (step < DAY ? 0 : 0.5))}
          y={HEIGHT - 6}
          textAnchor="middle"
          className={styles.label}
        >
          {clockOf(step).format(moment)}
        </text>
      ))}
      {series.map(({ id, look, values }) => (
        <g key={id}>
          {look === "area" && <path d={areaOf(values, x, y)} className={styles.filled} />}
          <path d={lineOf(values, x, y)} className={mergeClasses(styles.line, styles[look])} />
        </g>
      ))}
      {marks.map((text, place) =>
        text === "" ? null : (
          <path key={`${from + place * step}`} d={`M${x(place + 0.5)} ${floor - 9}l4 8h-8z`} className={styles.mark} />
        ),
      )}
      {at !== null && <line x1={x(at + 0.5)} x2={x(at + 0.5)} y1={EDGE.top} y2={floor} className={styles.cursor} />}
    </svg>
  );
}

/** Return the days that have a label: as many as there is room for. */
function daysOf(from: number, count: number, room: number): number[] {
  const every = Math.ceil(count / room);
  return Array.from({ length: Math.ceil(count / every) }, (_, place) => from + place * every * DAY);
}

function readingOf(time: string, series: readonly Series[], mark: string, place: number): string {
  const values = series.map(({ title, values: all }) => `${title} ${written(all[place])}`);
  return words.reads({ time, values: [...values, mark].filter((each) => each !== "").join(", ") });
}
