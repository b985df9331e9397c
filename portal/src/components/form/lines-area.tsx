import { Textarea } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";

import { words } from "../../words/form.ts";
import type { Json } from "./fields.ts";
import { linesOf } from "./lines.ts";

interface Given {
  readonly value: Json | undefined;
  readonly onChange: (value: readonly string[]) => void;
}

/** A list of texts, one in each line. What is typed stays as it is, also an empty line in which the next one begins. */
export function LinesArea({ value, onChange }: Given): ReactElement {
  const [typed, setTyped] = useState("");
  const lines = Array.isArray(value) ? (value as readonly string[]).join("\n") : "";
  return (
    <Textarea
      value={linesOf(typed).join("\n") === lines ? typed : lines}
      resize="vertical"
      placeholder={words.aLineEach}
      onChange={(_, data) => {
        setTyped(data.value);
        onChange(linesOf(data.value));
      }}
    />
  );
}
