import { Button, Caption1, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Table20Regular } from "@fluentui/react-icons/svg/table";
import {
  Suspense,
  lazy,
  useCallback,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
} from "react";

import { words } from "../words/charts.ts";
import { areaOf, countTicks, lineOf } from "./chart-geometry.ts";
import { clockTicks } from "./clock-ticks.ts";
import { dated, written } from "./chart-words.ts";
import { Loading } from "./loading.tsx";
import { region } from "../words/language.ts";

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
const EDGE = { left: 34, right: 10, top: 10, bottom: 26 };
/** Pixels between two labels of the clock. */
const BETWEEN = 70;
const FORCED = "@media (forced-colors: active)";
const NO_MARKS: readonly string[] = [];

const useStyles = makeStyles({
  chart: { margin: 0, display: "grid", rowGap: tokens.spacingVerticalS, minWidth: 0 },
  plot: {
    display: "block",
    width: "100%",
    borderRadius: tokens.borderRadiusMedium,
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
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
  below: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
  },
  legend: { display: "contents", listStyleType: "none" },
  entry: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalXS },
  last: { marginLeft: "auto" },
  quiet: { color: tokens.colorNeutralForeground2 },
  reading: { minHeight: tokens.lineHeightBase300, overflowWrap: "anywhere", fontVariantNumeric: "tabular-nums" },
});

const clock = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" });
const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Numbers over time: axes, the reader's clock, a legend, a cursor for pointer and keyboard, and a table behind it. */
export function Chart({ label, from, step, series, marks = NO_MARKS }: Given): ReactElement {
  const styles = useStyles();
  const [frame, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const [isTable, setTable] = useState(false);
  const count = Math.max(...series.map(({ values }) => values.length), 0);
  if (count === 0) {
    return <p>{words.none}</p>;
  }
  const read = (place: number): string => readingOf(from + place * step, series, marks[place] ?? "", place);
  const inner = Math.max(1, width - EDGE.left - EDGE.right);
  const move = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(within(Math.floor(((event.clientX - box.left - EDGE.left) / inner) * count), count));
  };
  const press = (event: KeyboardEvent): void => {
    const next = movedBy(event.key, at ?? count - 1, count);
    if (next !== null) {
      event.preventDefault();
      setAt(next);
    }
  };
  const shown = at ?? count - 1;
  return (
    <figure className={styles.chart} aria-label={label}>
      {/* A slider of time: its value is read aloud at each step, as its pattern has it (WAI-ARIA). */}
      <div
        ref={frame}
        className={styles.plot}
        // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
        role="slider"
        tabIndex={0}
        aria-label={`${label}. ${words.hint}`}
        aria-valuemin={0}
        aria-valuemax={count - 1}
        aria-valuenow={shown}
        aria-valuetext={read(shown)}
        onKeyDown={press}
        onPointerMove={move}
        onPointerLeave={() => setAt(null)}
      >
        <Plot width={width} from={from} step={step} count={count} series={series} marks={marks} at={at} />
      </div>
      <div className={styles.below}>
        <ul className={styles.legend}>
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
        </ul>
        <Caption1 className={mergeClasses(styles.quiet, styles.last)}>{words.inZone({ zone })}</Caption1>
        <Button
          size="small"
          appearance="subtle"
          icon={<Table20Regular />}
          aria-expanded={isTable}
          onClick={() => setTable(!isTable)}
        >
          {isTable ? words.noTable : words.table}
        </Button>
      </div>
      <Caption1 className={styles.reading}>{read(shown)}</Caption1>
      {isTable && (
        <Suspense fallback={<Loading />}>
          <ChartTable label={label} from={from} step={step} count={count} series={series} marks={marks} />
        </Suspense>
      )}
    </figure>
  );
}

/** Return how wide an element is, in pixels, as long as it is in the page. */
function useWidth(): [(element: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(600);
  const observer = useRef<ResizeObserver | null>(null);
  const frame = useCallback((element: HTMLElement | null) => {
    observer.current?.disconnect();
    if (element !== null) {
      observer.current = new ResizeObserver(([entry]) => setWidth(Math.max(120, entry?.contentRect.width ?? 600)));
      observer.current.observe(element);
    }
  }, []);
  useLayoutEffect(() => () => observer.current?.disconnect(), []);
  return [frame, width];
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
  const hours = clockTicks(from, from + count * step, Math.max(2, Math.floor(inner / BETWEEN)));
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
      {hours.map((moment) => (
        <text key={moment} x={x((moment - from) / step)} y={HEIGHT - 6} textAnchor="middle" className={styles.label}>
          {clock.format(moment)}
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

function readingOf(moment: number, series: readonly Series[], mark: string, place: number): string {
  const values = series.map(({ title, values: all }) => `${title} ${written(all[place])}`);
  return words.reads({
    time: dated.format(moment),
    values: [...values, mark].filter((each) => each !== "").join(", "),
  });
}

function movedBy(key: string, at: number, count: number): number | null {
  const by: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: -12,
    PageDown: 12,
    Home: -count,
    End: count,
  };
  const step = by[key];
  return step === undefined ? null : within(at + step, count);
}

function within(place: number, count: number): number {
  return Math.min(count - 1, Math.max(0, place));
}
