import { Subtitle2, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";

const useStyles = makeStyles({
  box: {
    display: "grid",
    justifyItems: "center",
    textAlign: "center",
    rowGap: tokens.spacingVerticalM,
    padding: `${tokens.spacingVerticalXXXL} ${tokens.spacingHorizontalL}`,
  },
});

interface Said {
  readonly title: string;
  readonly text: string;
  /** What to do about it: a button or a link. */
  readonly action?: ReactNode;
}

/** There is nothing here: why, and what to do. */
export function EmptyState({ title, text, action }: Said): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.box}>
      <Subtitle2 as="h2">{title}</Subtitle2>
      <span>{text}</span>
      {action}
    </div>
  );
}
