import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Message = readonly (string | readonly [name: string, kind?: string, choices?: unknown])[];
interface Group {
  readonly [name: string]: Message | Group;
}
type Flat = ReadonlyMap<string, Message>;

const ENGLISH = byName(import.meta.glob<Group>("./en/*.ts", { eager: true, import: "default" }));
const LANGUAGES = byName(import.meta.glob<Group>("./languages/*.ts", { eager: true, import: "default" }));
const SOURCES = new URL("../", import.meta.url);
const CODE = Object.fromEntries(
  readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.|^words|^api.(?:schema\.d|fields)\.ts/.test(file))
    .map((file) => [file, readFileSync(new URL(file, SOURCES), "utf8")]),
);
/** What people without a role see: every language has all of it. */
const FOR_EVERYBODY = ["actions", "codes", "form", "my", "shell", "sign-in"];

function byName<Of>(files: Readonly<Record<string, Of>>): Map<string, Of> {
  return new Map(Object.entries(files).map(([file, each]) => [file.replace(/^.*\/|\.ts$/g, ""), each]));
}

function flat(group: Group, above = ""): Flat {
  const found = Object.entries(group).flatMap(([name, each]): [string, Message][] =>
    isMessage(each) ? [[above + name, each]] : [...flat(each, `${above}${name}.`)],
  );
  return new Map(found);
}

function isMessage(each: Message | Group): each is Message {
  return Array.isArray(each);
}

/** The values that a message asks for. */
function asked(message: Message): string[] {
  const names = message.flatMap((part) =>
    typeof part === "string"
      ? []
      : [
          part[0],
          ...Object.values(part[2] ?? {}).flatMap((each) => (Array.isArray(each) ? asked(each as Message) : [])),
        ],
  );
  return [...new Set(names)].toSorted();
}

function missingOf(catalogue: Group, translated: Group | undefined): string[] {
  const own = flat(translated ?? {});
  return [...flat(catalogue).keys()].filter((name) => !own.has(name));
}

function unused(catalogue: Group, users: readonly string[]): string[] {
  const code = users.join("\n");
  const isWhole = /\bwords(?:\.\w+)?,|words=\{words|\.\.\.words\b/.test(code);
  return [...flat(catalogue).keys()].filter((name) => {
    const parts = name.split(".");
    const isNamed = new RegExp(`[.{,] *${parts.at(-1)}\\b|\\["${parts.at(-1)}"\\]`).test(code);
    const isInGroup = parts.slice(0, -1).some((group) => new RegExp(`(?:\\.|[{,] *)${group}\\b(?!\\.)`).test(code));
    const isOfList = parts.length === 1 && isWhole && ["title", "about", "none", "noneText"].includes(name);
    return !isNamed && !isInGroup && !isOfList;
  });
}

function usersOf(catalogue: string): string[] {
  return Object.values(CODE).filter((text) => text.includes(`/words/${catalogue}.ts"`));
}

/** Texts of a module that are in no catalogue. */
function literals(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
  return [
    ...code.matchAll(/(?<![=-])>\s*([A-Z][^<>{}=;()]*[a-z])\s*<\//g),
    ...code.matchAll(/\b(?:aria-label|title|label|placeholder|content|alt)="([^"]*[a-z][^"]*)"/g),
    ...code.matchAll(/"([A-Z][a-z]+ [a-z][^"]*)"/g),
  ].map(([, found]) => found ?? "");
}

describe.each([...LANGUAGES])("%s", (_, language) => {
  it.each(FOR_EVERYBODY)("has every text of %s", (name) => {
    expect(missingOf(ENGLISH.get(name) ?? {}, language[name] as Group | undefined)).toEqual([]);
  });

  it("asks for the values that English asks for", () => {
    const english = new Map([...ENGLISH].flatMap(([name, group]) => [...flat({ [name]: group })]));
    const other = [...flat(language)].map(([name, message]) => [name, asked(message)]);
    expect(other).toEqual(other.map(([name]) => [name, asked(english.get(name as string) ?? [])]));
  });
});

describe("English", () => {
  it.each([...ENGLISH])("has no text in %s that nobody uses", (name, group) => {
    expect(unused(group, usersOf(name))).toEqual([]);
  });

  it("stands in catalogues alone", () => {
    const found = Object.entries(CODE).map(([file, text]) => [file, literals(text)]);
    expect(found.filter(([, texts]) => texts?.length !== 0)).toEqual([]);
  });
});

describe("what finds texts", () => {
  it("finds a text that is missing, and one that nobody uses", () => {
    const group = { title: ["Home"], sub: { open: ["Open"], shut: ["Shut"] } } as const;
    expect(missingOf(group, { title: ["Start"] })).toEqual(["sub.open", "sub.shut"]);
    expect(unused(group, ["words.title words.sub.open"])).toEqual(["sub.shut"]);
    expect(unused(group, ["words.title Object.values(words.sub)"])).toEqual([]);
  });

  it("finds a text outside of the catalogues", () => {
    expect(literals('<p>Nothing here</p> <Button aria-label="close it" /> new Error("It has failed.")')).toEqual([
      "Nothing here",
      "close it",
      "It has failed.",
    ]);
  });

  it("knows what a message asks for", () => {
    expect(asked(["a ", ["name"], ["count", "plural", { one: [["thing"]], other: ["#"] }]])).toEqual([
      "count",
      "name",
      "thing",
    ]);
  });
});
