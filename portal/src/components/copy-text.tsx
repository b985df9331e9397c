import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";

import { words } from "../words/shell.ts";

const useStyles = makeStyles({
  row: { display: "flex", alignItems: "center", flexWrap: "wrap", columnGap: tokens.spacingHorizontalS },
  text: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: "anywhere" },
});

/** A short text that people pass on, with a button that copies it. */
export function CopyText({ label, text }: { readonly label: string; readonly text: string }): ReactElement {
  const styles = useStyles();
  const [said, say] = useState<string>(words.copy);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      say(words.copied);
    } catch {
      say(words.notCopied); // the browser does not allow it
    }
  };
  return (
    <div className={styles.row}>
      <span>{label}</span>
      <span className={styles.text}>{text}</span>
      <Button size="small" onClick={() => void copy()} aria-label={`${said}: ${label}`}>
        {said}
      </Button>
    </div>
  );
}
