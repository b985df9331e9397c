import { words as codes } from "../words/codes.ts";
import { language } from "../words/language.ts";
import { words as said } from "../words/shell.ts";
import { sentence } from "../words/sentence.ts";
import { textFor } from "../words/texts.ts";
import type { components } from "./schema.d.ts";

type Problem = components["schemas"]["Problem"];
type GraphError = components["schemas"]["GraphError"];

/** One wrong field: where (a JSON pointer), and what to write. */
export interface FieldError {
  readonly pointer: string;
  readonly message: string;
  readonly step?: string;
}

/** An answer of the service that is an error, in words for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** What happened, in two or three words. */
  readonly title: string;
  /** The id that finds the request in the service's log. */
  readonly traceId: string;
  readonly fields: readonly FieldError[];
  /** What stands in the way, as names and numbers. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Seconds until it is worth to try again; null when the service does not say. */
  readonly retryAfter: number | null;

  constructor(answer: Response, body: unknown) {
    const read = isGraphError(body) ? fromGraph(body, answer.status) : fromProblem(answer, body);
    super(sentence(read.message));
    this.status = answer.status;
    this.title = read.title;
    this.traceId = read.traceId || (answer.headers.get("X-Trace-Id") ?? "");
    this.fields = read.fields;
    this.details = read.details;
    const seconds = Number(answer.headers.get("Retry-After") ?? Number.NaN);
    this.retryAfter = Number.isFinite(seconds) ? seconds : null;
  }
}

/** The service cannot be reached at all. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";

  constructor() {
    super(said.unreachable);
  }
}

/** What browsers say when a part of the bundle cannot be read. */
const MISSING_PART = /dynamically imported module|importing a module script|preload CSS/i;

/** Return what an error says to people. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return isMissingPart(error) ? said.partMissing : message;
}

/** Return whether an error is that a part of the bundle could not be read. */
export function isMissingPart(error: unknown): boolean {
  return error instanceof Error && MISSING_PART.test(error.message);
}

/** Write a JSON pointer as people read it: `/place/zones/0` is "Place, zones, 1". */
export function pointerText(pointer: string): string {
  const parts = pointer.split("/").filter((part) => part !== "");
  const names = parts.map((part) =>
    /^\d+$/.test(part) ? String(Number(part) + 1) : titleOf(part.replaceAll("~1", "/").replaceAll("~0", "~")),
  );
  return names.map((part, place) => (place === 0 ? part : part.charAt(0).toLowerCase() + part.slice(1))).join(", ");
}

interface Read {
  readonly title: string;
  readonly message: string;
  readonly traceId: string;
  readonly fields: readonly FieldError[];
  readonly details: Readonly<Record<string, unknown>>;
}

function isGraphError(body: unknown): body is GraphError {
  return typeof body === "object" && body !== null && "error" in body;
}

function fromGraph({ error }: GraphError, status: number): Read {
  const { "request-id": traceId, "client-request-id": _mine, date: _date, ...details } = error.innerError;
  const fields = (error.details ?? []).flatMap((each) =>
    each.target ? [{ pointer: each.target, message: each.message }] : [],
  );
  const known = language === "en" ? undefined : textFor(said.answers, status);
  return { title: known?.title ?? titleOf(error.code), message: error.message, traceId, fields, details };
}

function fromProblem(answer: Response, body: unknown): Read {
  const problem = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem>;
  // The service writes English; in another language a title of the portal stands above what it says.
  const isEnglish = language === "en";
  const known = textFor(said.answers, answer.status);
  return {
    title:
      (isEnglish ? problem.title : known?.title) ??
      known?.title ??
      problem.title ??
      said.status({ status: answer.status }),
    message: problem.detail ?? known?.text ?? said.noReason,
    traceId: problem.traceId ?? "",
    fields: problem.errors ?? [],
    details: problem.details ?? {},
  };
}

/** Such as VM: it stays as it is. */
const ABBREVIATION = /^[A-Z]{2,}$/;
/** Names of the product within longer codes, as they are written. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/\bcloud p ?c(s?)\b/gi, "Cloud PC$1"],
  [/\bspot group/gi, "Spot Group"],
  [/\bazure\b/gi, "Azure"],
  [/\bintune\b/gi, "Intune"],
  [/\bdns\b/gi, "DNS"],
  [/\busb\b/gi, "USB"],
];

/** Return the words by which people know a code; what has none stays as it is. */
export function termOf(code: string): string {
  return textFor(codes.terms, code) ?? code;
}

/** What is written in several words is a name, or a text already. */
const NAME = /\s/;

/** Write a code such as `resourceNotFound` as words; a name, such as that of a service plan, stays as it is. */
export function titleOf(code: string): string {
  const words = textFor(codes.titles, code) ?? phraseOf(code);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Write a code as words within a sentence; a name stays as it is. */
export function phraseOf(code: string): string {
  const term = textFor(codes.terms, code);
  if (term !== undefined || NAME.test(code)) {
    return term ?? code;
  }
  const words = code
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .split(" ")
    .map((word) => (ABBREVIATION.test(word) ? word : word.toLowerCase()))
    .join(" ");
  return NAMES.reduce((text, [written, name]) => text.replaceAll(written, name), words);
}

/** A code within a text, such as `hostedNetwork`. */
const CODE_WITHIN = /\b[a-z]+(?:[A-Z][a-z]+)+\b/g;

/** Write the codes within a text as words. */
export function withoutCodes(text: string): string {
  return text.replaceAll(CODE_WITHIN, (code) => phraseOf(code));
}
