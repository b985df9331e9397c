import { Button, Caption1, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Table20Regular } from "@fluentui/react-icons/svg/table";
import {
  Suspense,
  useCallback,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  type ReactNode,
} from "react";

import { words } from "../words/charts.ts";
import { Loading } from "./loading.tsx";

/** Pixels left and right of what is drawn. */
export const SIDES = { left: 34, right: 10 };

interface Given {
  readonly label: string;
  /** How many places can be read, and what the one is that is read first. */
  readonly count: number;
  readonly first: number;
  /** Say what is at a place. */
  readonly read: (place: number) => string;
  /** Return the place at a share of the whole width, between 0 and 1. */
  readonly placeAt: (share: number) => number;
  readonly draw: (width: number, at: number | null) => ReactNode;
  /** Entries of a list. */
  readonly legend: ReactNode;
  readonly zone: string;
  readonly table: ReactNode;
}

const useStyles = makeStyles({
  figure: { margin: 0, display: "grid", rowGap: tokens.spacingVerticalS, minWidth: 0 },
  plot: {
    display: "block",
    width: "100%",
    borderRadius: tokens.borderRadiusMedium,
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  below: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
  },
  legend: { display: "contents", listStyleType: "none" },
  last: { marginLeft: "auto" },
  quiet: { color: tokens.colorNeutralForeground2 },
  reading: { minHeight: tokens.lineHeightBase300, overflowWrap: "anywhere", fontVariantNumeric: "tabular-nums" },
});

/** What is drawn along a line of time: read with pointer or keyboard, with a legend, the zone, and a table behind it. */
export function TimeFigure(given: Given): ReactElement {
  const { label, count, first, read, placeAt, draw, legend, zone, table } = given;
  const styles = useStyles();
  const [frame, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const [isTable, setTable] = useState(false);
  const inner = Math.max(1, width - SIDES.left - SIDES.right);
  const move = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left - SIDES.left) / inner;
    setAt(within(placeAt(Math.min(1, Math.max(0, share))), count));
  };
  const press = (event: KeyboardEvent): void => {
    const next = movedBy(event.key, at ?? first, count);
    if (next !== null) {
      event.preventDefault();
      setAt(next);
    }
  };
  const shown = within(at ?? first, count);
  return (
    <figure className={styles.figure} aria-label={label}>
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
        {draw(width, at)}
      </div>
      <div className={styles.below}>
        <ul className={styles.legend}>{legend}</ul>
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
      {isTable && <Suspense fallback={<Loading />}>{table}</Suspense>}
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
