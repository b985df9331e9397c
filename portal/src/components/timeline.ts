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

/** Return when the first of *spans* (milliseconds since the epoch) begins, and when the last of them ends: at the latest *now*. */
export function wholeOf(spans: readonly Span[], now: number): readonly [begin: number, end: number] {
  const begin = Math.min(...spans.map(({ start }) => start));
  return [begin, Math.max(...spans.map((span) => span.end ?? now), begin + 1)];
}

/** Place *spans* on one line from the beginning of the first of them to the end of the last. */
export function barsOf(spans: readonly Span[], now: number): Bar[] {
  if (spans.length === 0) {
    return [];
  }
  const [begin, end] = wholeOf(spans, now);
  const scale = 100 / (end - begin);
  return spans.map((span) => {
    const width = Math.max(LEAST, ((span.end ?? now) - span.start) * scale);
    return { left: Math.min((span.start - begin) * scale, 100 - width), width };
  });
}
