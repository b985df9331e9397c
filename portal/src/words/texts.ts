/** The texts of the portal: a catalogue for each kind of page, in English, and what other languages have of it. */

import { i18n } from "@lingui/core";
import type { CompiledMessage } from "@lingui/message-utils/compileMessage";

import { language, otherTexts, region } from "./language.ts";

/** Texts by their names, in ICU's message format; the build compiles them (`build/catalogues.ts`). */
interface Catalogue {
  readonly [name: string]: string | Catalogue;
}

/** What a text wants to know: `{name}` anything that can be written, `{name, plural, ...}` a number. */
type Wanted<Text> = Text extends `${string}{${infer Rest}`
  ? Wanted<Rest> &
      (Rest extends `${infer Name}, plural,${string}`
        ? Name extends Word<Name>
          ? Readonly<Record<Name, number>>
          : Plain<Rest>
        : Plain<Rest>)
  : unknown;
type Plain<Rest> = Rest extends `${infer Name}}${string}`
  ? Name extends Word<Name>
    ? Readonly<Record<Name, string | number>>
    : unknown
  : unknown;
/** A name of a value: what stands in a plural has a space, a comma or a number sign. */
type Word<Name extends string> = Name extends "" | `${string}${" " | "," | "#" | "{" | "." | "="}${string}`
  ? never
  : Name;

/** A catalogue in the language of the document: texts, and functions for texts that want to know something. */
export type Texts<Of> = {
  readonly [Name in keyof Of]: Of[Name] extends string
    ? unknown extends Wanted<Of[Name]>
      ? string
      : (values: Wanted<Of[Name]>) => string
    : Texts<Of[Name]>;
};

/** A catalogue in another language: the same names, some or all of them. */
export type Translation<Of> = {
  readonly [Name in keyof Of]?: Of[Name] extends string ? string : Translation<Of[Name]>;
};

interface Compiled {
  readonly [name: string]: CompiledMessage | Compiled;
}

i18n.load(language, flat((await otherTexts()) as Compiled));
i18n.activate(language, [region, language]);

/** Give the texts of a catalogue: in the language of the document, and in English what it does not have. */
export function texts<const Of extends Catalogue>(name: string, english: Of): Texts<Of> {
  // The build has compiled its messages (`build/catalogues.ts`); its type still has them as they are written.
  // oxlint-disable-next-line deskwright/no-blind-assertion
  const compiled = english as unknown as Compiled;
  const own = flat({ [name]: compiled });
  i18n.load(language, { ...own, ...i18n.messages });
  return given(name, compiled) as Texts<Of>;
}

/** Return what a catalogue has for a code that is known at run time only; undefined where it has nothing. */
export function textFor<Text>(of: Readonly<Record<string, Text>>, code: string | number): Text | undefined {
  return Object.hasOwn(of, code) ? of[code] : undefined;
}

function given(id: string, of: Compiled): object {
  return Object.fromEntries(
    Object.entries(of).map(([name, each]) => {
      const full = `${id}.${name}`;
      return [
        name,
        !isMessage(each)
          ? given(full, each)
          : asksNothing(each)
            ? i18n.t(full)
            : (values: Record<string, unknown>) => i18n.t(full, values),
      ];
    }),
  );
}

function flat(of: Compiled, above = ""): Record<string, CompiledMessage> {
  return Object.assign(
    {},
    ...Object.entries(of).map(([name, each]) =>
      isMessage(each) ? { [above + name]: each } : flat(each, `${above + name}.`),
    ),
  ) as Record<string, CompiledMessage>;
}

function isMessage(each: CompiledMessage | Compiled): each is CompiledMessage {
  return typeof each === "string" || Array.isArray(each);
}

function asksNothing(message: CompiledMessage): boolean {
  return typeof message === "string" || message.every((part) => typeof part === "string");
}
