/** Compiles the catalogues of texts while the bundle is built, so that no browser has to read ICU's message format. */

import { compileMessageOrThrow } from "@lingui/message-utils/compileMessage";
import { pathToFileURL } from "node:url";
import type { Plugin } from "vite";

/** English, a file for each kind of page, and other languages, a file each. */
const CATALOGUE = /src[\\/]words[\\/](?:en|languages)[\\/][\w-]+\.ts$/;

/** The plugin: in the place of a catalogue its compiled texts. */
export function catalogues(): Plugin {
  return {
    name: "catalogues",
    enforce: "pre",
    load: {
      filter: { id: CATALOGUE },
      async handler(file) {
        this.addWatchFile(file);
        const { default: read } = (await import(`${pathToFileURL(file).href}?${Date.now()}`)) as { default: unknown };
        return `export default ${JSON.stringify(compiled(read, file))};`;
      },
    },
  };
}

/** Return a catalogue whose texts are compiled. Throws where one is not in the message format. */
function compiled(texts: unknown, place: string): unknown {
  if (typeof texts === "string") {
    try {
      return compileMessageOrThrow(texts);
    } catch (error) {
      throw new Error(`${place}: ${texts}`, { cause: error });
    }
  }
  return Object.fromEntries(
    Object.entries(texts as object).map(([name, each]) => [name, compiled(each, `${place} ${name}`)]),
  );
}
