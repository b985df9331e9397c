import type { ReactElement } from "react";

import type { components } from "../api/schema.d.ts";
import { words } from "../words/shell.ts";
import { moment } from "./moments.ts";
import { Section } from "./section.tsx";

type Note = components["schemas"]["Note"];

/** The notes that people have left, with who and when. */
export function NoteList({ notes }: { readonly notes: readonly Note[] }): ReactElement | null {
  if (notes.length === 0) {
    return null;
  }
  return (
    <Section title={words.notes}>
      <ul>
        {notes.map(({ text, by, at }) => (
          <li key={`${at}${text}`}>{`${moment(at)}, ${by}: ${text}`}</li>
        ))}
      </ul>
    </Section>
  );
}
