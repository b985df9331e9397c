/** The language of this document: chosen when it is loaded; another choice loads it again. */

/** The languages beside English: one file each, read only by those who need it. */
const OTHERS = import.meta.glob<Readonly<Record<string, unknown>>>("./languages/*.ts", { import: "default" });
const ENGLISH = "en";
const KEPT = "deskwright.language";
/** Pages for administrators, whose texts of the service are English: all of them are. */
const ADMINISTRATION = /^\/portal\/(?:t|tenants|audit)(?:\/|$)/;

/** Every language by its code. */
export const LANGUAGES: readonly string[] = [
  ENGLISH,
  ...Object.keys(OTHERS).map((file) => file.slice("./languages/".length, -".ts".length)),
];

/** Return the language in which a page is shown to somebody. *wanted*: the languages that they read, the best first. */
export function languageAt(pathname: string, wanted: readonly string[]): string {
  const known = wanted.map((each) => each.slice(0, 2).toLowerCase()).find((each) => LANGUAGES.includes(each));
  return ADMINISTRATION.test(pathname) ? ENGLISH : (known ?? ENGLISH);
}

/** Return the languages that whoever sits here reads: what they chose, then what their browser asks for. */
function wantedHere(): readonly string[] {
  const chosen = chosenLanguage();
  return chosen === null ? (globalThis.navigator?.languages ?? []) : [chosen];
}

/** Return the language that somebody chose in this browser; null where the browser's own counts. */
export function chosenLanguage(): string | null {
  return globalThis.localStorage?.getItem(KEPT) ?? null;
}

/** Choose a language, or the browser's (null); the page is loaded again in it. */
export function chooseLanguage(chosen: string | null): void {
  if (chosen === null) {
    localStorage.removeItem(KEPT);
  } else {
    localStorage.setItem(KEPT, chosen);
  }
  location.reload();
}

/** Return the language in which this document has to show a page. */
export function languageHere(pathname: string): string {
  return languageAt(pathname, wantedHere());
}

/** The language of this document. */
export const language: string = languageHere(globalThis.location?.pathname ?? "/");

/** Return how numbers and dates are written: as the reader's region does where the page has their language. */
export function regionOf(spoken: string, wanted: readonly string[]): string {
  return wanted.find((each) => each.toLowerCase().startsWith(spoken) && isTag(each)) ?? spoken;
}

/** Return whether a browser's name of a language is one: in a POSIX locale Chromium asks for `en-US@posix`. */
function isTag(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length > 0;
  } catch {
    return false;
  }
}

/** How numbers and dates are written in this document. */
export const region: string = regionOf(language, globalThis.navigator?.languages ?? []);

/** Read the texts of this document's language that are not English ones: by catalogue. */
export async function otherTexts(): Promise<Readonly<Record<string, unknown>>> {
  return (await OTHERS[`./languages/${language}.ts`]?.()) ?? {};
}
