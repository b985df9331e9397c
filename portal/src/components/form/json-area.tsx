import { Textarea } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";

import { words } from "../../words/form.ts";
import type { Json } from "./fields.ts";

interface Given {
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
}

/** An object with names that people choose, such as seats by part number: written as JSON. */
export function JsonArea({ value, onChange }: Given): ReactElement {
  const [text, setText] = useState(() => (value === undefined || value === null ? "" : JSON.stringify(value, null, 2)));
  const isWrong = text.trim() !== "" && parsed(text) === undefined;
  const write = (next: string): void => {
    setText(next);
    const found = next.trim() === "" ? {} : parsed(next);
    if (found !== undefined) {
      onChange(found);
    }
  };
  return (
    <>
      <Textarea value={text} resize="vertical" aria-invalid={isWrong} onChange={(_, data) => write(data.value)} />
      {isWrong && <span role="alert">{words.notJson}</span>}
    </>
  );
}

/** Return the JSON of a text; undefined when it is none. */
function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
