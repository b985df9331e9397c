import { Title3, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, type ReactElement, type ReactNode } from "react";

import { words } from "../words/shell.ts";

const useStyles = makeStyles({
  row: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalL,
  },
  title: { marginRight: "auto", overflowWrap: "anywhere" },
});

/** The title of a page, which is the tab's too, and what can be done with the whole page. */
export function PageHeader({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactElement {
  const styles = useStyles();
  useEffect(() => {
    document.title = `${title} - ${words.product}`;
  }, [title]);
  return (
    <div className={styles.row}>
      <Title3 as="h1" className={styles.title}>
        {title}
      </Title3>
      {children}
    </div>
  );
}
