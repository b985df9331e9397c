import { Subtitle2, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { FluentIcon } from "@fluentui/react-icons";
import type { ReactElement, ReactNode } from "react";

const useStyles = makeStyles({
  section: {
    boxSizing: "border-box",
    marginTop: tokens.spacingVerticalL,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL} ${tokens.spacingVerticalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    minWidth: 0,
    "@media (max-width: 480px)": { padding: tokens.spacingHorizontalM },
  },
  inGrid: { marginTop: 0 },
  head: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    marginBottom: tokens.spacingVerticalM,
  },
  title: { margin: 0, marginRight: "auto" },
  icon: { display: "flex", color: tokens.colorBrandForeground1 },
});

interface Given {
  readonly title: string;
  readonly icon?: FluentIcon;
  /** Beside the title: what can be done with this part. */
  readonly tools?: ReactNode;
  /** Whether it stands beside others, whose distance is that of the grid. */
  readonly isInGrid?: boolean;
  readonly children: ReactNode;
}

/** A part of a page, with its title. */
export function Section({ title, icon: Icon, tools, isInGrid = false, children }: Given): ReactElement {
  const styles = useStyles();
  return (
    <section className={mergeClasses(styles.section, isInGrid && styles.inGrid)}>
      <div className={styles.head}>
        {Icon !== undefined && (
          <span className={styles.icon} aria-hidden="true">
            <Icon />
          </span>
        )}
        <Subtitle2 as="h2" className={styles.title}>
          {title}
        </Subtitle2>
        {tools}
      </div>
      {children}
    </section>
  );
}
