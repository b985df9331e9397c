import { makeStyles } from "@fluentui/react-components";
import { useEffect, useRef, useSyncExternalStore, type ReactElement } from "react";

const useStyles = makeStyles({
  hidden: {
    position: "absolute",
    width: "1px",
    height: "1px",
    overflow: "hidden",
    clipPath: "inset(50%)",
    whiteSpace: "nowrap",
  },
});

const listeners = new Set<() => void>();
let latest = "";

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** What a screen reader says when it changes; nobody sees it. It has to be in the page before there is a text. */
export function Said({ text }: { readonly text: string }): ReactElement {
  const styles = useStyles();
  return <output className={styles.hidden}>{text}</output>;
}

/** The place where the news of all pages is said. */
export function News(): ReactElement {
  return <Said text={useSyncExternalStore(listen, () => latest)} />;
}

/** Say *text* when it becomes another one; not when the page comes, and nothing where it is empty. */
export function useNews(text: string): void {
  const before = useRef(text);
  useEffect(() => {
    if (before.current !== text) {
      before.current = text;
      latest = text;
      for (const each of listeners) {
        each();
      }
    }
  }, [text]);
}
