import { Caption1, Title3, makeStyles, tokens } from "@fluentui/react-components";
import { Suspense, lazy, useEffect, type ReactElement, type ReactNode } from "react";
import { useLocation } from "react-router";

import { words } from "../words/shell.ts";
import { IconTile } from "./icon-tile.tsx";
import { belongingOf } from "./places.ts";
import type { Crumb } from "./trail.tsx";

const useStyles = makeStyles({
  head: { display: "grid", rowGap: tokens.spacingVerticalXS, marginBottom: tokens.spacingVerticalL },
  row: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  subject: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    marginRight: "auto",
    maxWidth: "100%",
  },
  names: { display: "grid", minWidth: 0 },
  tools: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  titleRow: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    minWidth: 0,
  },
  title: { margin: 0, overflowWrap: "anywhere", minWidth: 0 },
  about: { color: tokens.colorNeutralForeground2, overflowWrap: "anywhere" },
  /** As high as the trail is, so that nothing moves when that has come. */
  trail: { minHeight: "24px" },
});

/** Loaded where a page is below another one. */
const Trail = lazy(async () => ({ default: (await import("./trail.tsx")).Trail }));

interface Given {
  readonly title: string;
  /** In one line: what it is. */
  readonly about?: string | null;
  /** Its status, beside the title. */
  readonly status?: ReactNode;
  /** The pages between the place of its kind and this one. */
  readonly trail?: readonly Crumb[];
  /** What can be done with the whole page. */
  readonly children?: ReactNode;
}

const NO_TRAIL: readonly Crumb[] = [];

/** The head of a page: where it is, its icon, its title, which is the tab's too, and what can be done with the page. */
export function PageHeader({ title, about, status, trail = NO_TRAIL, children }: Given): ReactElement {
  const styles = useStyles();
  const belonging = belongingOf(useLocation().pathname);
  useEffect(() => {
    document.title = `${title} - ${words.product}`;
  }, [title]);
  const above = belonging?.above ?? null;
  const crumbs = belonging === null || above === null ? trail : [{ to: above, title: belonging.place.title }, ...trail];
  return (
    <div className={styles.head}>
      {crumbs.length > 0 && (
        <div className={styles.trail}>
          <Suspense fallback={null}>
            <Trail crumbs={crumbs} title={title} />
          </Suspense>
        </div>
      )}
      <div className={styles.row}>
        <div className={styles.subject}>
          {belonging !== null && <IconTile icon={belonging.place.icon} />}
          <div className={styles.names}>
            <div className={styles.titleRow}>
              <Title3 as="h1" className={styles.title}>
                {title}
              </Title3>
              {status}
            </div>
            {about ? <Caption1 className={styles.about}>{about}</Caption1> : null}
          </div>
        </div>
        {children !== undefined && <div className={styles.tools}>{children}</div>}
      </div>
    </div>
  );
}
