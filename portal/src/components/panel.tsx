import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";

const useStyles = makeStyles({
  panel: {
    boxSizing: "border-box",
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    rowGap: tokens.spacingVerticalS,
    alignContent: "start",
    height: "100%",
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    overflowWrap: "anywhere",
  },
});

/** One of several things beside or below each other. */
export function Panel({ children }: { readonly children: ReactNode }): ReactElement {
  const styles = useStyles();
  return <div className={styles.panel}>{children}</div>;
}
