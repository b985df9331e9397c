/** The stretches of a day. Pure. */

/** When a stretch begins and ends, in milliseconds. */
interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Return the place of the stretch at a moment, or of the one before it where there is a gap. */
export function placeAtMoment(spans: readonly Span[], moment: number): number {
  return Math.max(
    0,
    spans.findLastIndex(({ begin }) => begin <= moment),
  );
}
