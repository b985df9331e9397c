/** The geometry of a chart over time: ticks, and the line of a series with its gaps. Pure. */

const NICE = [1, 2, 5, 10];
const MOST_TICKS = 5;

/** Return ticks from 0 to a round number that is not less than *most*: whole numbers, five at most. */
export function countTicks(most: number): number[] {
  const least = Math.max(1, most) / (MOST_TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const nice = NICE.find((each) => each * power >= least) ?? 10;
  const step = Math.max(1, nice * power);
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, place) => place * step);
}

/** Return one value for each interval of *step* from the first moment to the last; null where there is none. */
export function filled<Point>(points: readonly Point[], at: (point: Point) => number, step: number): (Point | null)[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) {
    return [];
  }
  const byMoment = new Map(points.map((point) => [at(point), point]));
  const count = Math.round((at(last) - at(first)) / step) + 1;
  return Array.from({ length: count }, (_, place) => byMoment.get(at(first) + place * step) ?? null);
}

/** Return the line of *values* as SVG has it: each as wide as its interval, none where there is no value. */
export function lineOf(
  values: readonly (number | null)[],
  x: (place: number) => number,
  y: (value: number) => number,
): string {
  let isOpen = false;
  const parts: string[] = [];
  for (const [place, value] of values.entries()) {
    if (value !== null) {
      parts.push(`${isOpen ? "L" : "M"}${round(x(place))} ${round(y(value))}H${round(x(place + 1))}`);
    }
    isOpen = value !== null;
  }
  return parts.join("");
}

/** Return the area below the line of *values*. */
export function areaOf(
  values: readonly (number | null)[],
  x: (place: number) => number,
  y: (value: number) => number,
): string {
  return values
    .flatMap((value, place) =>
      value === null
        ? []
        : [`M${round(x(place))} ${round(y(0))}V${round(y(value))}H${round(x(place + 1))}V${round(y(0))}Z`],
    )
    .join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
