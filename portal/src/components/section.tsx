import { Subtitle1, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement, ReactNode } from "react";

const useStyles = makeStyles({
  section: { marginTop: tokens.spacingVerticalXL },
  title: { display: "block", marginBottom: tokens.spacingVerticalS },
});

/** A part of a page, with its title. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactElement {
  const styles = useStyles();
  return (
    <section className={styles.section}>
      <Subtitle1 as="h2" className={styles.title}>
        {title}
      </Subtitle1>
      {children}
    </section>
  );
}
