/** Moments as a field of a form has them: in the reader's time zone, without naming it. */

/** Return a moment as `2026-03-10T10:00` of this time zone; an empty text for none. */
export function localOf(moment: string): string {
  const at = new Date(moment);
  if (Number.isNaN(at.getTime())) {
    return "";
  }
  const day = [padded(at.getFullYear(), 4), padded(at.getMonth() + 1), padded(at.getDate())].join("-");
  return `${day}T${padded(at.getHours())}:${padded(at.getMinutes())}`;
}

/** Return the moment that somebody has written in this time zone; null while it is none. */
export function momentOf(local: string): string | null {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** Return what this time zone is called, such as `Europe/Berlin`. */
export function zoneName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function padded(part: number, length = 2): string {
  return String(part).padStart(length, "0");
}
