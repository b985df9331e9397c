/** The geometry of a timeline: where each bar begins and how wide it is, in percent of the whole. */

export interface Span {
  readonly start: number;
  /** null: it still runs. */
  readonly end: number | null;
}

export interface Bar {
  readonly left: number;
  readonly width: number;
}

/** Narrower bars could not be seen. */
const LEAST = 0.5;

/** Place *spans* (milliseconds since the epoch) on one line that ends *now* or with the last of them. */
export function barsOf(spans: readonly Span[], now: number): Bar[] {
  if (spans.length === 0) {
    return [];
  }
  const begin = Math.min(...spans.map(({ start }) => start));
  const end = Math.max(...spans.map((span) => span.end ?? now), begin + 1);
  const scale = 100 / (end - begin);
  return spans.map((span) => {
    const width = Math.max(LEAST, ((span.end ?? now) - span.start) * scale);
    return { left: Math.min((span.start - begin) * scale, 100 - width), width };
  });
}
